"""Laws 7 and 8: limits and waiting times, told from the log and kept over restarts."""

from collections import defaultdict

from tests.simulation.checker.kinds import needs, reads
from tests.simulation.checker.wishes import Wishes

HOUR_MS = 3_600_000
ANEW = ("start", "resume", "restart", "adopt")


def failures_are_followed_by_waiting(story):
    """Judge each create by the failures before it since it last had reason for a new try."""
    wishes, sheets = Wishes(), defaultdict(Sheet)
    for row in story.rows:
        if row.type == "ActionStarted" and row.said["action"] == "create":
            sheet, retry = sheets[row.place], wishes.retry_of(*row.place)
            if row.at_ms < sheet.due_ms(retry):
                yield f"{row.position} creates {row.place} before {sheet.due_ms(retry)}"
        wishes.fold(row)
        _fold(sheets, wishes, row)


class Sheet:
    """Failures in a row of one key on one node."""

    def __init__(self):
        self.failures = self.unreached = self.failed_ms = 0

    def due_ms(self, retry):
        count = self.failures + self.unreached
        if not count:
            return 0
        wait_ms = min(retry["firstMs"] * retry["factor"] ** (count - 1), retry["maxMs"])
        return self.failed_ms + wait_ms


def _fold(sheets, wishes, row):
    match row.type:
        case "ActionFinished" if row.said["action"] == "create":
            sheet = sheets[row.place]
            if row.said["status"] < 200 or row.said["status"] >= 300:
                sheet.failures, sheet.unreached = sheet.failures + 1, 0
                sheet.failed_ms = row.at_ms
        case "ActionFailed" if row.said["action"] == "create" and not row.said["withdrawn"]:
            sheet = sheets[row.place]
            if row.said["reached"]:
                sheet.failures, sheet.unreached = sheet.failures + 1, 0
            else:
                sheet.unreached += 1
            sheet.failed_ms = row.at_ms
        case "StateLoaded":
            keys = {*(item["key"] for item in row.said["items"]), *row.said["removed"]}
            _forget(sheets, lambda _, key: key in keys)
        case "ConfigurationLoaded":
            _forget(sheets, lambda *_: True)
        case "OperatorAsked" if row.said["verb"] in ANEW:
            names = row.said["arguments"].get("resources", ())
            _forget(sheets, lambda node, key: key in names or f"node/{node}" in names)
        case "NodeRestarted":
            _forget(sheets, lambda node, _: node == row.node)
        case "Looked" if row.said["appeared"] or row.said["vanished"] or row.said["changed"]:
            kind = row.said["kind"]
            _forget(
                sheets,
                lambda node, key: (
                    (node == row.node and (kind == "stream" or key.startswith(kind)))
                    or (kind == "stream" and _reaches(wishes, row.node, node, key))
                ),
            )
        case "HookReceived" if row.said["body"].get("status") == "PUBLISHING":
            _forget(sheets, lambda node, key: _reads(wishes, row, node, key))
        case _:
            pass


def _reads(wishes, row, node, key):
    line = wishes.wanted(node, key)
    return line is not None and reads(key, line, row.node, row.said["body"].get("name"))


def _reaches(wishes, at, node, key):
    """Return whether what is on one node reads streams of another."""
    line = wishes.wanted(node, key)
    return line is not None and any(other == at for _, other, _ in needs(key, line))


def _forget(sheets, is_concerned):
    for place in [place for place in sheets if is_concerned(*place)]:
        del sheets[place]


def limits_hold_over_any_window(story):
    """Count what each change of documents took away or interrupted, but for what was approved."""
    settings = story.settings
    taken, times = defaultdict(set), {}
    interrupted = defaultdict(set)
    for row, change, action in _attributed(story):
        times[change.position] = change.at_ms
        counted = taken if action == "delete" else interrupted
        counted[change.position].add((*row.place, row.said["id"]))
    for position, things in taken.items():
        if len(things) > settings["per_change"]:
            yield f"{position} took away {len(things)} things"
        hour = sum(
            len(others)
            for other, others in taken.items()
            if 0 <= times[position] - times[other] < HOUR_MS
        )
        if hour > settings["per_hour"]:
            yield f"{hour} things were taken away within the hour up to {position}"
    for position, things in interrupted.items():
        if len(things) > settings["interrupts"]:
            yield f"{position} interrupted {len(things)} things"


def _attributed(story):
    """Yield the intents that change what ran, each with the change of documents that it is due to.

    Not those that an operator ordered or approved, and not what no look had shown by then.
    """
    wishes, seen, held, approved = Wishes(), {}, {}, set()
    for row in story.rows:
        if row.type == "Looked":
            for natural in row.said["vanished"]:
                seen.pop((row.node, row.said["kind"], natural), None)
            for one in row.said["appeared"]:
                seen[row.node, row.said["kind"], one["natural"]] = row.position
        elif row.type == "PlanHeld":
            held[row.said["hold"]] = [
                (one["node"], one["key"], one["id"]) for one in row.said["members"]
            ]
        elif row.type == "PlanApproved":
            approved |= set(held[row.said["hold"]])
        elif row.type == "ActionStarted" and row.said["action"] in ("delete", "replace"):
            change = _change(story, wishes, row)
            place = (*row.place, row.said["id"])
            kind = row.said["key"].partition("/")[0]
            since = seen.get((row.node, kind, row.said["natural"]), row.position)
            if change is not None and place not in approved and since < change.position:
                yield row, change, row.said["action"]
        wishes.fold(row)


def _change(story, wishes, row):
    node, key = row.place
    order = wishes.order(node, key, row.at_ms)
    if order is not None or wishes.restarted.get(key, 0) > wishes.written.get(key, 0):
        return None
    if row.said["action"] == "delete":
        return wishes.lost[node, key][0] if (node, key) in wishes.lost else None
    return story.rows[wishes.written[key] - 1] if key in wishes.written else None


LAWS = (failures_are_followed_by_waiting, limits_hold_over_any_window)
