"""Chains of streams, and what is made once: nothing is begun without its source, ended before its
readers, made beside itself, dialled twice, or corrected for ever.
"""

from collections import defaultdict

from tests.simulation.checker.kinds import (
    STARTING,
    asked_of,
    is_once,
    lacks,
    makes,
    needs,
    reads,
)
from tests.simulation.checker.ours import Ours
from tests.simulation.checker.story import OUTCOMES
from tests.simulation.checker.wishes import Wishes

ANEW = ("start", "resume", "restart", "adopt")
FIGHT_MS = 600_000
CORRECTIONS_MAX = 5


def what_is_made_once_is_made_once(story):
    """Count the creates that may have been heard since each became wanted, or was ended by us."""
    wishes, heard, open_, talks = Wishes(), defaultdict(int), {}, defaultdict(int)
    for row in story.rows:
        match row.type:
            case "ActionStarted" if row.said["action"] == "create":
                line = wishes.wanted(*row.place)
                if line is not None and is_once(row.said["key"], line):
                    if line["spec"].get("redial") == "dropped" and _has_talked(story, row, talks):
                        heard[row.place] = 0
                    if heard[row.place]:
                        yield f"{row.position} makes {row.place} once more"
                    heard[row.place] += 1
                    open_[row.place] = talks[row.place] = row.position
            case "ActionStarted":
                heard[row.place] = 0
            case "ActionFinished" if row.place in open_ and not 200 <= row.said["status"] < 300:
                heard[row.place] = 0
            case "ActionFailed" if row.place in open_ and not row.said["reached"]:
                heard[row.place] = 0
            case "OperatorAsked" if row.said["verb"] in ANEW:
                for place in [one for one in heard if one[1] in _names(row)]:
                    heard[place] = 0
            case "StateLoaded":
                changed = _changed(wishes, row)
                for place in [one for one in heard if one[1] in changed]:
                    heard[place] = 0
            case _:
                pass
        if row.type in OUTCOMES:
            open_.pop(row.place, None)
        wishes.fold(row)


def _names(row):
    return row.said["arguments"].get("resources", ())


def _has_talked(story, row, talks):
    """Return whether a call that was there since it was dialled last was ever ESTABLISHED.

    A dial that was never heard leaves the life before it, which a lying list had hidden.
    """
    since, until = story.entry_at(talks[row.place]), story.entry_at(row.position)
    return any(
        life.natural == row.said["request"].get("callId") and life.came < until
        and since < life.went
        and any(number < until and one["status"] == "ESTABLISHED" for number, one in life.turns)
        for life in story.of_sort(row.node, "/call/find_all")
    )  # fmt: skip


def _changed(wishes, row):
    """Return the keys of lines that want something else now, or are gone."""
    keys = set(row.said["removed"])
    for item in row.said["items"]:
        old = wishes.resources.get(item["key"])
        names = ("spec", "retry", "onChange", "enabled", "node")
        if old is None or any(old[name] != item[name] for name in names):
            keys.add(item["key"])
    return keys


def what_is_there_is_not_made_again(story):
    """Judge each create: what the last two lists showed, and is there still, is not asked for."""
    for call in story.mutations():
        asked = asked_of(call.path, call.body)
        if call.path not in STARTING or call.intent is None or asked is None:
            continue
        listing = story.listing(call.node, call.path)
        since = story.entry_at(call.intent.position) + 1  # what was told just then was known
        looks = [story.look_before(call.node, listing, since, back) for back in (0, 1)]
        for life in story.of_sort(call.node, listing):
            is_there = life.natural == asked and life.came < call.number < life.went
            if is_there and all(_is_told(life, look) for look in looks):
                yield f"call {call.number} ({call.path}) asks for {asked}, which was listed"


def _is_told(life, look):
    if look is None or "listing hidden" in look.faults or life.came > look.number:
        return False
    return life.at(look.number).get("status") not in ("BUSY", "FAILED", "FINISH")


def nothing_is_made_without_its_source(story):
    """Judge each create by the streams that were really there, as far as looks and hooks can tell.

    What was gone before the last but two looks began, and was not spoken of since, is known to be:
    streams and recordings are both looked at by this list, and may be at the same moment. What was
    told to a daemon that has died since, it may not have written down.
    """
    began = 0
    wishes, spoken, doubts = Wishes(), defaultdict(list), defaultdict(set)
    called = {call.intent.position: call for call in story.mutations() if call.intent is not None}
    streams = defaultdict(list)
    for (sort, node, _), lives in story.lives.items():
        for life in lives if sort == "stream" else ():
            streams[node, life.detail["name"]].append(life)
    for row in story.rows:
        line = wishes.wanted(*row.place) if row.position in called else None
        if line is not None and row.said["action"] == "create":

            def is_there(at, name, row=row, began=began):
                at = at or row.node
                known = story.entry_at(row.position) + 1
                look = story.look_before(at, "/stream/find_all", known, 2)
                if look is None or doubts[at] or "*" in name or look.number < began:
                    return True
                since = story.durable(look.number)
                is_spoken = any(position > since for position in spoken[at, name][-3:])
                return is_spoken or any(life.went > look.number for life in streams[at, name])

            for name, at, _ in lacks(needs(row.said["key"], line), is_there):
                yield f"{row.position} makes {row.place}, and stream {name} is gone on {at}"
        if row.type == "DaemonStarted":
            began = story.entry_at(row.position)
        elif row.type == "HookReceived":
            spoken[row.node, row.said["body"].get("name")].append(row.position)
        elif row.type == "Looked" and row.said["kind"] == "stream":
            doubts[row.node] = set(row.said["doubted"])
        elif row.type == "NodeRestarted":
            doubts[row.node] = set()
        wishes.fold(row)


def what_is_read_ends_after_its_readers(story):
    """Judge each end of what lost its line: nothing of ours that lost its own still reads it."""
    wishes, ours, held, failed = Wishes(), Ours(story), {}, set()
    called = {call.intent.position: call for call in story.mutations() if call.intent is not None}
    for row in story.rows:
        if row.type == "PlanHeld":
            held |= {(one["node"], one["key"]): row.said["hold"] for one in row.said["members"]}
        elif row.type == "PlanApproved":
            held = {place: hold for place, hold in held.items() if hold != row.said["hold"]}
        elif _is_failure(row):
            failed.add(row.place)
        is_end = row.position in called and row.said["action"] == "delete"
        if is_end and row.place in wishes.lost:
            name = makes(row.said["key"], wishes.lost[row.place][1])
            for (node, key), (lost, line) in wishes.lost.items():
                is_able = (node, key) not in {*held, *failed} and not line["protect"]
                if node != row.node or not name or not is_able or wishes.order(node, key, 0):
                    continue
                if reads(key, line, node, name) and _is_running(story, ours, row, key, lost):
                    yield f"{row.position} ends {row.place}, and {key} still reads {name}"
        wishes.fold(row)
        failed -= {place for place, (lost, _) in wishes.lost.items() if lost is row}  # begins anew


def _is_failure(row):
    """Return whether a call was refused, or got no answer; to withdraw one is no failure."""
    if row.type == "ActionFinished":
        return not 200 <= row.said["status"] < 300
    return row.type == "ActionFailed" and not row.said["withdrawn"]


def _is_running(story, ours, row, key, lost):
    """Return whether a thing of ours runs that was there, and seen, before it lost its line."""
    now, kind = story.entry_at(row.position), key.partition("/")[0]
    for (_, node, _), lives in story.lives.items():
        for life in lives if node == row.node else ():
            call = story.calls.get(life.call) if life.by == "rest" else None
            if call is None or call.intent is None or call.intent.place != (node, key):
                continue
            look = story.look_before(node, story.listing(node, call.path), now)
            before = story.look_before(
                node, story.listing(node, call.path), story.entry_at(lost.position), 1
            )
            is_seen = before is not None and life.came < before.number
            is_listed = look is not None and life.went > look.answered and call.kind == kind
            is_ours = ours.claim(node, key, life.token, row.position) == "made"
            if is_seen and is_listed and is_ours and life.went > now:
                return True
    return False


def corrections_come_to_an_end(story):
    """Count equal corrections of one thing within ten minutes."""
    made, open_ = defaultdict(list), {}
    for row in story.rows:
        if row.type in OUTCOMES and row.place in open_:
            equal = open_.pop(row.place)
            if row.said.get("reached") is False and made[equal]:
                made[equal].pop()  # it never left
        elif row.type == "ActionStarted" and row.said["action"] == "update":
            said = row.said
            set_to = f"{said['request']} {said['sent']}"
            equal = (*row.place, said["method"], said["id"], set_to)
            made[equal] = [at_ms for at_ms in made[equal] if row.at_ms - at_ms < FIGHT_MS]
            made[equal].append(row.at_ms)
            open_[row.place] = equal
            if len(made[equal]) > CORRECTIONS_MAX:
                yield f"{row.position} corrects {equal} once more"
        elif row.type in ("StateLoaded", "OperatorAsked"):
            named = _names(row) if row.type == "OperatorAsked" else ()
            keys = {*named, *(item["key"] for item in row.said.get("items", ()))}
            nodes = {name.partition("/")[2] for name in named if name.startswith("node/")}
            for equal in [one for one in made if one[1] in keys or one[0] in nodes]:
                del made[equal]


LAWS = (
    what_is_made_once_is_made_once,
    what_is_there_is_not_made_again,
    nothing_is_made_without_its_source,
    what_is_read_ends_after_its_readers,
    corrections_come_to_an_end,
)
