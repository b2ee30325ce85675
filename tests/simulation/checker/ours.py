"""Whose things are, as far as that can be told from outside."""

from collections import defaultdict
from dataclasses import dataclass

from tests.simulation.checker.kinds import asked_of
from tests.simulation.checker.story import OUTCOMES, Row, token_of
from tests.simulation.checker.wishes import Wishes

SLACK_MS = 5_000


class Ours:
    """Whose lives are, told from the effects of our calls and from what was adopted."""

    def __init__(self, story):
        self.story = story
        self.made = defaultdict(list)
        for (_, node, _), lives in story.lives.items():
            for life in lives:
                call = story.calls.get(life.call) if life.by == "rest" else None
                if call is not None and call.intent is not None:
                    key = call.intent.said["key"]
                    self.made[node, key, life.token].append(call.intent.position)
        for window in _windows(story):
            for life in window.mistakable(story):
                self.made[life.node, window.intent.said["key"], life.token].append(
                    window.intent.position
                )
        self.adopted, self.let_go, self.changed = {}, {}, {}
        self.stops = set()
        wishes, changes, started = Wishes(), {}, {}
        for row in story.rows:
            if row.type == "Adopted":
                self.adopted.setdefault((*row.place, token_of(row.said)), []).append(row.position)
            elif row.type == "Forgotten":
                self.let_go.setdefault((*row.place, token_of(row.said)), []).append(row.position)
            elif row.type == "ActionStarted" and row.said["action"] in ("update", "replace"):
                changes[row.place] = (*row.place, token_of(row.said))
                self.changed.setdefault(changes[row.place], row.position)
            elif row.type in OUTCOMES and (change := changes.pop(row.place, None)):
                is_new = self.changed[change] == started[row.place]
                if is_new and row.said.get("reached") is False:
                    del self.changed[change]  # it never left
            if row.type == "ActionStarted":
                started[row.place] = row.position
                order = wishes.order(*row.place, row.at_ms)
                if order is not None and order.verb == "stop":
                    self.stops.add(row.position)
            wishes.fold(row)
            for (node, key), position in wishes.kept.items():
                if position == row.position:
                    self.let_go.setdefault((node, key, ""), []).append(position)

    def is_stopped(self, intent):
        return intent.position in self.stops

    def claim(self, node, key, id_, position):
        """Return how it is ours at a position: made, adopted, or None where it is not."""
        place = (node, key, id_)
        made = max((one for one in self.made[place] if one < position), default=0)
        adopted = max((one for one in self.adopted.get(place, ()) if one < position), default=0)
        gone = (*self.let_go.get(place, ()), *self.let_go.get((node, key, ""), ()))
        let_go = max((one for one in gone if one < position), default=0)
        if max(made, adopted) <= let_go:
            return None
        if adopted and not made and self.changed.get(place, position) >= position:
            return "adopted"
        return "made"


@dataclass
class Window:
    """The time in which a create of ours had left, and nobody could say what came of it."""

    intent: Row
    until_ms: float

    def mistakable(self, story):
        """Yield what strangers began in it of the very thing that we had asked for.

        Nothing tells it from ours: a list shows no maker, and our call has named no id. Were it not
        taken for ours, what our own call made would be a stranger's just as often.
        """
        said, since = self.intent.said, story.entry_at(self.intent.position)
        asked = asked_of(said["method"], said["request"])
        place = (said["request"].get("streamName"), said["request"].get("rtmpUrl"))
        for (sort, node, id_), lives in story.lives.items():
            for life in lives if node == self.intent.node else ():
                is_in = since <= life.came and _came_ms(story, life) <= self.until_ms
                if life.by != "foreign" or not is_in:
                    continue
                if sort == "transponder":
                    is_same = (life.detail["source"], life.detail["rtmpUrl"]) == place
                elif sort == "recording":
                    is_same = id_ == said["request"].get("mediaSessionId")
                else:
                    is_same = asked is not None and life.natural == asked
                if is_same:
                    yield life


def _came_ms(story, life):
    return story.entries[life.came - 1]["at_s"] * 1000


def _windows(story):
    """Yield a window for each create whose answer named no id, or never came."""
    open_ = {}
    for row in story.rows:
        if row.type == "ActionStarted" and row.said["action"] == "create":
            open_[row.place] = row
        elif row.type == "DaemonStarted":
            for intent in open_.values():
                yield Window(intent, row.at_ms + _settling_ms(story, intent))
            open_.clear()
        elif row.type in OUTCOMES and row.place in open_:
            intent = open_.pop(row.place)
            is_refused = row.type == "ActionFinished" and not 200 <= row.said["status"] < 300
            is_told = is_refused or row.said.get("made") or row.said.get("reached") is False
            if not is_told:
                yield Window(intent, row.at_ms + _settling_ms(story, intent))
    for intent in open_.values():
        yield Window(intent, float("inf"))


def _settling_ms(story, intent):
    """Return how long after the end of a call a look may still show what came of it."""
    settings, kind = story.settings, intent.said["key"].partition("/")[0]
    look_ms = settings["looks_ms"][kind]
    return settings["start_deadline_ms"] + settings["call_ms"] + look_ms + SLACK_MS
