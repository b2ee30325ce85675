"""People: those who edit documents, and operators."""

import trio
from attrs import define, evolve

from orchestrator.core.configuration import Policy, Retry
from orchestrator.core.resource import Key, OnChange, OnRemove
from orchestrator.errors import Fault
from tests.simulation.climate import STREAMS, TARGETS
from tests.stage import FILE

ANSWER_S = 20  # what a person waits for an answer: a daemon that was killed gives none
VERBS = ("stop", "start", "pause", "resume", "restart", "adopt", "forget")


@define(eq=False)
class People:
    """Everybody who tells the daemon what to do."""

    stage: object
    draw: object
    fired: object
    nursery: trio.Nursery

    def keys(self):
        """Return the keys of what is declared now."""
        return sorted(self.stage.resources)

    def ask(self, path, body):
        """Ask the daemon of the moment, if there is one, without waiting for the answer."""
        self.nursery.start_soon(self._ask, path, body)

    async def _ask(self, path, body):
        if self.stage.intake is not None:
            with trio.move_on_after(ANSWER_S):
                await self.stage.ask("POST", f"/control/v1/{path}", body)

    def load(self):
        self.ask("reload", {})

    def edit(self):
        """Change a line or two, or many at once."""
        for _ in range(self.draw.choice((1, 1, 2, 6))):
            self._edit_line()
        self.fired["edit"] += 1
        self.load()

    def purge(self):
        """Take a few lines away at once."""
        keys = sorted(self.stage.resources)
        for key in self.draw.sample(keys, min(len(keys), self.draw.choice((1, 2, 2, 5)))):
            del self.stage.resources[key]
        self.fired["purge"] += 1
        self.load()

    def _edit_line(self):
        keys = sorted(self.stage.resources)
        if keys and self.draw.random() < 0.35:
            del self.stage.resources[self.draw.choice(keys)]
        elif keys and self.draw.random() < 0.25:
            self._edit_behaviour(self.draw.choice(keys))
        elif self.draw.random() < 0.35:
            self._write_recording()
        else:
            self._write_transponder()

    def _common(self):
        draw = self.draw
        return {
            "policy": draw.choice((Policy.MANAGE,) * 5 + (Policy.OBSERVE,)),
            "protect": draw.random() < 0.1,
            "enabled": draw.random() < 0.9,
            "on_remove": draw.choice((OnRemove.TERMINATE,) * 4 + (OnRemove.KEEP,)),
            "on_change": draw.choice((None,) * 4 + tuple(OnChange)),
            "retry": draw.choice((None,) * 5 + (Retry(first_ms=5_000, park_after=3),)),
        }

    def _write_transponder(self):
        draw, stage = self.draw, self.stage
        node = draw.choice(stage.node_names)
        place = (node, draw.choice(STREAMS), draw.choice(TARGETS))
        key = Key("transponder", f"t{draw.randrange(8)}")
        muted, common = draw.random() < 0.3, self._common()
        taken = {
            (one.node, one.spec.stream_name, one.spec.rtmp_url)
            for one in stage.resources.values()
            if one.key.kind == "transponder" and one.key != key
        }
        if place not in taken:
            stage.transponder(key.name, place[1], place[2], node, muted=muted)
            stage.resources[key] = evolve(stage.resources[key], **common)

    def _write_recording(self):
        draw, stage = self.draw, self.stage
        place = (draw.choice(stage.node_names), draw.choice(STREAMS))
        key = Key("recording", f"r{draw.randrange(3)}")
        template, common = draw.choice(("", "", "{streamName}")), self._common()
        taken = {
            (one.node, one.spec.stream_name)
            for one in stage.resources.values()
            if one.key.kind == "recording" and one.key != key
        }
        if place not in taken:
            stage.recording(key.name, place[1], place[0], file_template=template)
            stage.resources[key] = evolve(stage.resources[key], **common)

    def _edit_behaviour(self, key):
        self.stage.resources[key] = evolve(self.stage.resources[key], **self._common())

    def garble(self):
        """Leave a document half written."""
        self.stage.faults = (Fault(FILE, 1, 1, "half a document"),)
        self.fired["document garbled"] += 1
        self.load()

    def mend(self):
        """Write it whole again."""
        self.stage.faults = ()
        self.load()

    def configure(self):
        """Let a node be watched only, or be managed again."""
        name = self.draw.choice(self.stage.node_names)
        node = self.stage.node_values[name]
        policy = self.draw.choice((Policy.MANAGE, Policy.MANAGE, Policy.OBSERVE))
        self.stage.node_values[name] = evolve(node, policy=policy)
        self.fired["node configured"] += 1
        self.load()

    def order(self):
        """Give an order on what may be there, or on a node."""
        draw = self.draw
        verb = draw.choice(VERBS)
        names = [str(key) for key in self.keys()]
        chosen = draw.sample(names, min(len(names), draw.choice((1, 1, 1, 3))))
        if verb in ("pause", "resume") and draw.random() < 0.2:
            chosen = [f"node/{draw.choice(self.stage.node_names)}"]
        body = {"names": chosen}
        if verb in ("stop", "pause") and draw.random() < 0.5:
            body["forMs"] = draw.choice((30_000, 300_000))
        self.fired[f"order {verb}"] += 1
        self.ask(verb, body)

    def approve(self):
        holds = sorted(self.stage.memory.world.holds) if self.stage.memory is not None else ()
        if holds:
            self.fired["approval"] += 1
            self.ask("approve", {"hold": self.draw.choice(holds)})

    acts = (edit, edit, edit, edit, purge, configure, order, order, order, approve)
