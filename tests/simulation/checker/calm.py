"""Laws 4 and 10: once faults have ended, what is declared runs; then there is rest.

What the daemon claims is compared with what is there, and what it holds back with a reason that
stands in the log or on the node.
"""

from collections import defaultdict
from fnmatch import fnmatchcase

from tests.simulation.checker.kinds import SORTS as STUDIO_SORTS
from tests.simulation.checker.kinds import (
    is_as_declared,
    is_once,
    lacks,
    makes,
    natural_of_line,
    needs,
)
from tests.simulation.checker.ours import Ours
from tests.simulation.checker.wishes import Wishes

OUTSIDE = ("HookReceived", "Checkpoint")  # others speak when they like, and fill segments


def what_is_declared_runs_or_is_held_for_a_reason(story):
    wishes = Wishes()
    for row in story.rows:
        if row.position > story.trial.rest[0]:
            break
        wishes.fold(row)
    for claim in story.claims:
        node, key = claim["node"], claim["resource"]
        if (complaint := _complaint(story, wishes, node, key, claim)) is not None:
            yield f"{key} on {node} is {claim['phase']} ({claim['reason']}): {complaint}"
    claimed = {(claim["node"], claim["resource"]) for claim in story.claims}
    for key, line in wishes.resources.items():
        if line["enabled"] and (line["node"], key) not in claimed:
            yield f"{key} is declared and nothing is said of it"


def nothing_of_ours_is_left_behind(story):
    """Judge what runs at rest and was made by us: its line wants it, or something is said of it.

    What a list hid, so that it counted as gone, and was not adopted since, is nobody's.
    """
    ours, (position, number) = Ours(story), story.trial.rest
    gone, adopted = defaultdict(list), defaultdict(list)
    for row in story.rows:
        if row.type == "Adopted":
            adopted[row.place].append(row.position)
        elif row.type == "Looked":
            for natural in row.said["vanished"]:
                gone[row.node, row.said["kind"], natural].append(row.position)
    claimed = {(claim["node"], claim["resource"]) for claim in story.claims}
    for (sort, node, _), lives in story.lives.items():
        for life in lives if sort in STUDIO_SORTS else ():
            call = story.calls.get(life.call) if life.by == "rest" else None
            if not life.came <= number < life.went or call is None or call.intent is None:
                continue
            key = call.intent.said["key"]
            is_ours = ours.claim(node, key, life.token, position) == "made"
            taken = max(call.intent.position, _last(adopted, (node, key)))
            is_lost = _last(gone, (node, key.partition("/")[0], life.natural)) > taken
            if is_ours and not is_lost and (node, key) not in claimed:
                yield f"{life.token} on {node} was made for {key}, and nobody ends it"


def _last(positions, place):
    return max(positions.get(place, ()), default=0)


def _complaint(story, wishes, node, key, claim):
    order = wishes.order(node, key, story.rows[-1].at_ms)
    verb = order.verb if order is not None else ""
    line = wishes.wanted(node, key)
    match claim["phase"], claim["reason"]:
        case "Ready", _:
            is_right = line is not None and _is_there(story, node, key, line)
            return None if is_right else "it is not there"
        case "Paused", _:
            paused = wishes.orders.get(key)
            is_maybe = paused is not None and paused.verb == "pause"
            return None if verb == "pause" or is_maybe else "nobody paused it"
        case "Stopped", "":
            return None if line is None else "it is wanted"
        case "Stopped", "stopped":
            return None if verb == "stop" else "nobody stopped it"
        case "Held", "forgotten":
            return None if verb == "forget" else "nobody let it go"
        case "Held", "observe":
            return None if wishes.is_observed(node, key) else "it is not only watched"
        case "Held", "protected":
            lost = wishes.lost.get((node, key))
            return None if lost is not None and lost[1]["protect"] else "it is not protected"
        case "Held", "over-limit" | "on-change":
            return None if _is_held(story, node, key) else "nothing is held"
        case "Held", "foreign" | "target-taken":
            is_taken = line is not None and _is_taken(story, node, key, line)
            return None if is_taken else "no stranger stands there"
        case "Held", "recorded":
            return None
        case "Held", "fighting":
            is_stopped = any(row.type == "FightStopped" and row.place == (node, key)
                             for row in story.rows)  # fmt: skip
            return None if is_stopped else "no fight was stopped"
        case "Waiting", "stream-absent":
            sources = [(name, at or node, must) for name, at, must in needs(key, line)]
            absent = lacks(sources, lambda at, name: bool(_published(story, at, name)))
            return None if absent else "what it reads is published"
        case "Waiting", "not-published":
            is_there = _published(story, node, makes(key, line))
            return "what it publishes is there" if is_there else None
        case "Waiting", "unused":
            return None if line["spec"].get("keep") == "whileUsed" else "it is wanted anyway"
        case "Finished", "ended":
            has_run = is_once(key, line) and _has_begun(story, node, key)
            return None if has_run else "it was never begun, or is made again"
    return "it should have come to rest"


SORTS = {
    "transponder": ("transponder",),
    "recording": ("recording",),
    "pull": ("rtmp-pull", "rtsp", "pull"),
    "webrtcPush": ("webrtc-push",),
}


def _living(story, node, kind):
    last, sorts = story.trial.rest[1], SORTS.get(kind, (kind,))
    for (sort, one_node, _), lives in story.lives.items():
        if one_node == node and sort in sorts:
            yield from (life for life in lives if life.came <= last < life.went)


def _published(story, node, pattern):
    """Return id → name of the streams like a pattern that clients or agents publish at rest."""
    return {
        life.id: life.detail["name"]
        for life in _living(story, node, "stream")
        if life.detail["published"] and fnmatchcase(life.detail["name"], pattern)
    }


def _has_begun(story, node, key):
    began = ("ActionStarted", "Adopted")
    return any(row.type in began and row.place == (node, key) for row in story.rows)


def _is_there(story, node, key, line):
    kind = key.partition("/")[0]
    if kind == "recording":
        names = (life.detail["name"] for life in _living(story, node, kind))
        return line["spec"]["streamName"] in names
    return any(
        is_as_declared(key, line, _as_shown(story, life, line))
        and (kind != "mixer" or _are_inputs_in(story, node, line["spec"], life.detail))
        for life in _living(story, node, kind)
    )


def _as_shown(story, life, line):
    """Return how a thing is, but for what another set of it where the build does not show that."""
    unseen = life.sort == "mixer" and life.node in story.settings["hides_parameters"]
    others = {
        name
        for entry in story.entries
        if unseen and entry["what"] == "/mixer/set_parameter" and entry["by"] == "foreign"
        if entry["node"] == life.node and entry["detail"].get("body", {}).get("uri") == life.natural
        for name in entry["detail"]["body"]
    }
    wanted = line["spec"]["parameters"] if others else {}
    return {**life.detail, **{name: wanted[name] for name in others & set(wanted)}}


def _are_inputs_in(story, node, spec, detail):
    """Return whether all is in a mixer that has to be: of a pattern, as many as may be."""
    inside, taken = set(detail["inputs"]), {spec["localStreamName"]}
    for one in spec["inputs"]:
        streams = _published(story, node, one["streamName"] or one["streams"])
        names = sorted({name for name in streams.values() if name not in taken})
        joined = {streams[id_] for id_ in inside if id_ in streams} - taken
        due = min(len(names), one["max"] or len(names))
        if len(joined) < due:
            return False
        taken |= set(names) if due == len(names) else joined
    return True


def _is_taken(story, node, key, line):
    kind, spec = key.partition("/")[0], line["spec"]
    if kind == "recording":
        return any(life.detail["name"] == spec["streamName"] for life in _living(story, node, kind))
    if kind == "transponder":
        return any(
            (life.detail["source"], life.detail["rtmpUrl"]) == (spec["streamName"], spec["rtmpUrl"])
            for life in _living(story, node, kind)
        )
    natural, made = natural_of_line(key, line), makes(key, line)
    is_there = any(life.natural == natural for life in _living(story, node, kind))
    return is_there or bool(made and _published(story, node, made))


def _is_held(story, node, key):
    return any(
        (member["node"], member["key"]) == (node, key)
        for row in story.rows
        if row.type == "PlanHeld"
        for member in row.said["members"]
    )


def then_nothing_is_done_and_nothing_written(story):
    position, entry = story.trial.rest
    for row in story.rows:
        if row.position > position and row.type not in OUTSIDE:
            yield f"{row.position} ({row.type} {row.said.get('key', row.node)}) breaks the rest"
    for call in story.mutations():
        if call.number > entry:
            yield f"call {call.number} ({call.path}) breaks the rest"


LAWS = (
    nothing_of_ours_is_left_behind,
    what_is_declared_runs_or_is_held_for_a_reason,
    then_nothing_is_done_and_nothing_written,
)
