"""Rules that do something upon entries: asked when one goes to disk, and written in one commit.

So an entry is in the log exactly when what rules do upon it is, and over restarts nothing is done
twice or forgotten. What follows from a verb is there with it; a call is sent by `errands`.
"""

from collections.abc import Sequence
from typing import Final

import orjson
import structlog
from attrs import define, field

from orchestrator.codec import Codec, Row
from orchestrator.core.document import RulesLoaded
from orchestrator.core.entry import Entry, Fact
from orchestrator.core.event import RuleFired
from orchestrator.core.json import Json
from orchestrator.core.kind import Kinds
from orchestrator.core.project import ahead
from orchestrator.core.rule import Upon
from orchestrator.core.subject import subject_of
from orchestrator.core.world import World
from orchestrator.daemon.admitting import around
from orchestrator.daemon.memory import Memory
from orchestrator.errors import ExpressionFailed
from orchestrator.shell.secrets import Vault
from orchestrator.web.firing import Asker, rules_upon
from orchestrator.web.forms import event as shown
from orchestrator.web.status import Failure

NAMED_EVERY_MS: Final = 60_000

journal = structlog.stdlib.get_logger()


def asker_of(vault: Vault, codec: Codec, kinds: Kinds) -> Asker:
    """Return what asks rules upon entries, with the secrets of a vault."""

    def told(entry: Entry) -> Json:
        draft = codec.encode(Fact(entry.event, entry.cause, entry.actor))
        columns = (draft.node, draft.type, draft.schema, draft.subject, draft.cause, draft.actor)
        return shown(Row(entry.position, entry.at_ms, *columns, orjson.loads(draft.body), ""))

    return Asker(around(vault), told, kinds)


@define(eq=False)
class Stumble:
    """Why a rule could not do what it should, about what, and how often.

    One of its condition is over once that can be told; another one once it does something well.
    """

    why: str
    is_of_condition: bool = False
    about: str = ""
    count: int = 0
    named_ms: int = -NAMED_EVERY_MS


@define(eq=False)
class Firing:
    """Says what rules do upon entries that go to disk. `stumbles` is by the name of the rule.

    It is not ready while the log is opened: nothing is sealed or sent by then.
    """

    memory: Memory
    asker: Asker
    is_plan_only: bool = False
    is_ready: bool = False
    stumbles: dict[str, Stumble] = field(factory=dict)
    _loading: int = 0

    def follow(self, entries: Sequence[Entry], count: int) -> list[Fact] | None:
        """Return what rules do upon the last entries of a batch, so many; None: none was asked.

        Each is asked on the world with its entry, the answer to it, and what was done until then.
        """
        facts: list[Fact] = []
        is_asked = False
        new = entries[len(entries) - count :]
        if any(isinstance(entry.event, RulesLoaded) for entry in new):
            self._loading = entries[-1].position
        for index, entry in enumerate(new):
            if not self._may_fire(entry):
                continue
            is_asked = True
            answers = [one for one in new[index + 1 :] if one.cause == entry.position]
            until = len(entries) - count + index + 1 + len(answers)
            world = ahead(self.memory.after(entries[:until]), facts, self.memory.kinds)
            for rule in rules_upon(world, entry):
                first = entries[-1].position + 1 + len(facts)
                found, world = self._asked(world, entry, rule, first)
                facts += found
        return facts if is_asked else None

    def failures(self) -> tuple[Failure, ...]:
        """Return why rules could not be asked when they last were."""
        return tuple(
            Failure(name, one.why, one.about, one.count)
            for name, one in sorted(self.stumbles.items())
            if name in self.memory.world.rules
        )

    def _may_fire(self, entry: Entry) -> bool:
        """Return whether rules may do anything upon an entry, as far as that is quickly told."""
        world = self.memory.world
        if self.is_plan_only or not self.is_ready or world.tail_lost:
            return False
        return self._loading > world.position or any(rules_upon(world, entry))

    def _asked(
        self, world: World, entry: Entry, rule: Upon, first: int
    ) -> tuple[list[Fact], World]:
        """Return what a rule does; what cannot be told is told to people, and nothing is done.

        A fault of ours is told, too: an entry that came has to be kept all the same.
        """
        try:
            found = self.asker.fire(world, entry, rule, first)
        except ExpressionFailed as failed:
            self.stumbled(rule.name, _about(entry), str(failed), is_of_condition=True)
            return [], world
        except Exception:  # noqa: BLE001 - the log goes on whatever is wrong with one rule
            journal.exception("rule_broken", rule=rule.name, position=entry.position)
            return [], world
        errors = [one.event.error for one in found[0] if isinstance(one.event, RuleFired)]
        if why := next(filter(None, errors), ""):
            self.stumbled(rule.name, _about(entry), why)
        elif (last := self.stumbles.get(rule.name)) and (errors or last.is_of_condition):
            del self.stumbles[rule.name]
        return found

    def stumbled(self, rule: str, about: str, why: str, *, is_of_condition: bool = False) -> None:
        """Keep that a rule could not do what it should, and tell it, at most once a minute."""
        now_ms = self.memory.now_ms()
        last = self.stumbles.get(rule)
        if last is None or last.why != why:
            last = self.stumbles[rule] = Stumble(why, is_of_condition)
        last.about = about
        last.count += 1
        if now_ms - last.named_ms >= NAMED_EVERY_MS:
            last.named_ms = now_ms
            journal.warning("rule_failed", rule=rule, about=about, error=why)


def _about(entry: Entry) -> str:
    return f"{subject_of(entry.event)} at {entry.position}"
