"""What happened, put in order: rows of the log, calls to the nodes, lives of things there."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass, field

import orjson

from tests.simulation.checker.kinds import (
    BODY,
    MUTATING,
    NAMELESS,
    SORTS,
    listing_of,
    natural_of,
)
from tests.simulation.checker.names import renamed, with_first_names

SPOILT = {"answer truncated", "answer html", "answer lost", "call fails", "call hangs"}
OUTCOMES = ("ActionFinished", "ActionFailed")


@dataclass
class Row:
    position: int
    at_ms: int
    node: str
    type: str
    cause: int
    actor: str
    said: dict

    @property
    def place(self):
        """Return the node and the key that an action is about."""
        return self.said["node"], self.said["key"]


@dataclass
class Call:
    """A call of the daemon: the numbers of its arrival and its answer in the journal."""

    number: int
    at_s: float
    node: str
    path: str
    body: dict
    answered: int = 0
    status: int = 0
    faults: set = field(default_factory=set)
    intent: Row | None = None

    @property
    def kind(self):
        """Return the kind of what it is about."""
        if self.intent is not None:
            return self.intent.said["key"].partition("/")[0]
        return MUTATING[self.path]

    @property
    def subject(self):
        """Return what tells it from other calls to the same method."""
        return subject(self.body)

    @property
    def is_complete(self):
        """Return whether it told everything that a listing can tell; a 404 needs no body."""
        return self.status == 404 or (self.status == 200 and not self.faults & SPOILT)


@dataclass
class Life:
    """One life of a thing on a node, by journal numbers; `went` is infinite while it is there."""

    sort: str
    node: str
    id: str
    came: int
    by: str
    call: int
    detail: dict
    went: float = float("inf")
    turns: list = field(default_factory=list)

    @property
    def natural(self):
        """Return what it goes by on its node."""
        return natural_of(self.sort, self.id, self.detail)

    @property
    def token(self):
        """Return what the log calls this life of it, or all lives where it has no id."""
        return self.natural if self.sort in NAMELESS else self.id

    def at(self, number):
        """Return how it was before that entry of the journal."""
        return next(
            (one for since, one in reversed(self.turns) if since < number), self.turns[0][1]
        )


def subject(body):
    if "mediaSessionId" in body:
        return body["mediaSessionId"]
    return " ".join(str(body.get(name)) for name in ("streamName", "rtmpUrl", *BODY))


def token_of(said):
    """Return what the log calls the life that an entry is about."""
    return said["id"] or said["natural"]


class Story:
    """A trial, told in order."""

    def __init__(self, trial):
        self.trial = trial
        self.settings = trial.settings
        self.rows = [
            Row(
                one["position"], one["at_ms"], one["node"], one["type"], one["cause"],
                one["actor"], orjson.loads(one["body"]),
            )
            for one in trial.rows
        ]  # fmt: skip
        self.first = first = renamed(self.rows)
        for row in self.rows:
            with_first_names(row, first)
        self.claims = [
            {**one, "resource": first.get(one["resource"], one["resource"])} for one in trial.claims
        ]
        self.entries = trial.journal
        self._counts = [count for count, _ in trial.marks]
        self._positions = [position for _, position in trial.marks]
        self.calls = self._calls_of("rest")
        self.lives = self._lives()
        self.by_listing = defaultdict(list)
        for lives in self.lives.values():
            for life in lives:
                if life.sort in SORTS:
                    self.by_listing[life.node, SORTS[life.sort]].append(life)
        self.looks = self._looks()
        self.starts = [row.position for row in self.rows if row.type == "DaemonStarted"]
        self._match_intents()

    def durable(self, number):
        """Return the position that was on disk before that entry of the journal was written."""
        index = bisect_left(self._counts, number)
        return self._positions[index - 1] if index else 0

    def entry_at(self, position):
        """Return how many entries the journal had when that position was on disk."""
        index = bisect_left(self._positions, position)
        return self._counts[index] if index < len(self._counts) else self._counts[-1]

    def _calls_of(self, by):
        calls = {}
        for one in self.entries:
            if one["kind"] == "rest" and one["by"] == by:
                body = one["detail"]["body"]
                calls[one["number"]] = Call(
                    one["number"], one["at_s"], one["node"], one["what"],
                    body if isinstance(body, dict) else {},
                )  # fmt: skip
            elif one["kind"] == "answer" and one["call"] in calls:
                call = calls[one["call"]]
                call.answered, call.status = one["number"], one["status"]
            elif one["kind"] == "fault" and one["call"] in calls:
                calls[one["call"]].faults.add(one["what"])
        return calls

    def _lives(self):
        lives, there = defaultdict(list), {}
        for one in self.entries:
            sort, _, verb = one["what"].partition(" ")
            if one["kind"] != "effect" or verb not in ("came", "went", "changed"):
                continue
            key = (sort, one["node"], one["object"])
            if verb == "came":
                life = Life(*key, one["number"], one["by"], one["call"], one["detail"])
                life.turns.append((one["number"], one["detail"]))
                lives[key].append(life)
                there[key] = life
            elif verb == "went":
                there.pop(key).went = one["number"]
            else:
                life = there[key]
                life.detail = {**life.detail, **one["detail"]}
                life.turns.append((one["number"], life.detail))
        return lives

    def _looks(self):
        """Return node and listing → the complete ones told of it, in the order of their answers."""
        looks = defaultdict(list)
        for call in self.calls.values():
            if call.status == 404 and "call fails" in call.faults:
                call.faults = {"listing hidden"}  # it looks just like a list of nothing
            if call.path.endswith("/find_all") and call.is_complete and call.answered:
                looks[call.node, call.path].append(call)
        for calls in looks.values():
            calls.sort(key=lambda call: call.answered)
        return looks

    def listing(self, node, path):
        """Return where that is listed on a node which a path is about."""
        listing = listing_of(path)
        is_old = node in self.settings["without_recorder"]
        return "/stream/find_all" if is_old and listing == "/recorder/find_all" else listing

    def look_before(self, node, listing, number, back=0):
        """Return the last complete list that was told before an entry, or one some looks before."""
        calls = self.looks[node, listing]
        index = bisect_right(calls, number - 1, key=lambda call: call.answered) - back
        return calls[index - 1] if index > 0 else None

    def of_sort(self, node, listing):
        """Return all lives of what is in that list, only in studios."""
        return self.by_listing[node, listing]

    def mutations(self):
        return [call for call in self.calls.values() if call.path in MUTATING]

    def _match_intents(self):
        """Give each mutating call the intent in the log that it rests on, if there is one."""
        open_intents, closed = defaultdict(list), {}
        latest = {}
        for row in self.rows:
            if row.type == "ActionStarted":
                said = row.said
                open_intents[said["node"], said["method"], subject(said["request"])].append(row)
                latest[row.place] = row
            elif row.type in OUTCOMES and row.place in latest:
                closed[latest.pop(row.place).position] = row.position
            elif row.type == "DaemonStarted":
                for started in latest.values():
                    closed[started.position] = row.position
                latest.clear()
        used = set()
        for call in self.mutations():
            durable = self.durable(call.number)
            for row in open_intents[call.node, call.path, call.subject]:
                is_open = closed.get(row.position, float("inf")) > durable
                if row.position <= durable and is_open and row.position not in used:
                    call.intent = row
                    used.add(row.position)
                    break
