"""Laws 4 and 10: once faults have ended, what is declared runs; then there is rest.

What the daemon claims is compared with what is there, and what it holds back with a reason that
stands in the log or on the node.
"""

from tests.simulation.checker.wishes import Wishes

OUTSIDE = ("HookReceived", "Checkpoint")  # others speak when they like, and fill segments
GONE = ("create", "update", "replace", "delete")


def what_is_declared_runs_or_is_held_for_a_reason(story):
    wishes = Wishes()
    for row in story.rows:
        if row.position > story.trial.rest[0]:
            break
        wishes.fold(row)
    for claim in story.trial.claims:
        node, key = claim["node"], claim["resource"]
        if (complaint := _complaint(story, wishes, node, key, claim)) is not None:
            yield f"{key} on {node} is {claim['phase']} ({claim['reason']}): {complaint}"
    claimed = {(claim["node"], claim["resource"]) for claim in story.trial.claims}
    for key, line in wishes.resources.items():
        if line["enabled"] and (line["node"], key) not in claimed:
            yield f"{key} is declared and nothing is said of it"


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
    return "it should have come to rest"


def _living(story, node, sort):
    last = story.trial.rest[1]
    for (one_sort, one_node, _), lives in story.lives.items():
        if (one_sort, one_node) == (sort, node):
            yield from (life for life in lives if life.came <= last < life.went)


def _is_there(story, node, key, line):
    sort, spec = key.partition("/")[0], line["spec"]
    for life in _living(story, node, sort):
        if sort == "recording" and life.detail["name"] == spec["streamName"]:
            return True
        if sort == "transponder":
            place = (life.detail["source"], life.detail["rtmpUrl"], life.detail["muted"])
            if place == (spec["streamName"], spec["rtmpUrl"], spec["muted"]):
                return True
    return False


def _is_taken(story, node, key, line):
    sort, spec = key.partition("/")[0], line["spec"]
    if sort == "recording":
        return any(life.detail["name"] == spec["streamName"] for life in _living(story, node, sort))
    return any(
        (life.detail["source"], life.detail["rtmpUrl"]) == (spec["streamName"], spec["rtmpUrl"])
        for life in _living(story, node, sort)
    )


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
    what_is_declared_runs_or_is_held_for_a_reason,
    then_nothing_is_done_and_nothing_written,
)
