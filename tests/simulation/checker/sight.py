"""Law 6: nothing is done without a good look, and nothing is ended that was not seen there."""

from bisect import bisect_right
from collections import defaultdict

from tests.simulation.checker.kinds import ENDING, asked_of, lacks, makes, natural_of_line, needs
from tests.simulation.checker.story import OUTCOMES, token_of
from tests.simulation.checker.streams import Streams
from tests.simulation.checker.wishes import Wishes

SLACK_S = 5
AT_ONCE_S = 0.05  # what was told so lately may not have been understood
SHARED = ("/stream/find_all", "/pull/find_all")
STUDIED = ("transponder", "recording")  # of which the listed names tell what they read


def a_complete_look_comes_between_a_call_and_the_next(story):
    """Judge each call: since the last outcome for its key, and since the start, one was told."""
    outcomes = defaultdict(list)
    for row in story.rows:
        if row.type in OUTCOMES:
            outcomes[row.place].append(row.position)
    for call in story.mutations():
        if call.intent is None:
            continue
        since = max(
            _last(outcomes[call.intent.place], call.intent.position),
            _last(story.starts, call.intent.position),
        )
        listing = story.listing(call.node, call.path)
        look = story.look_before(call.node, listing, call.number)
        began = _newest_start(story, call.node, listing, look)
        if look is None or began <= story.entry_at(since):
            yield f"call {call.number} ({call.path}) follows {since} without a look between them"
        age_s = call.at_s - story.calls[began].at_s if look is not None else 0
        if call.path in ENDING and age_s > _old_s(story, call.kind):
            yield f"call {call.number} ({call.path}) rests on a look that is too old"


def _old_s(story, kind):
    """Return the age from which nothing may be ended on the word of a look."""
    return (2 * story.settings["looks_ms"][kind] + story.settings["call_ms"]) / 1000 + SLACK_S


def _last(positions, position):
    index = bisect_right(positions, position)
    return positions[index - 1] if index else 0


def _newest_start(story, node, listing, look):
    """Return when the newest began of those lists that were told by then."""
    if look is None:
        return 0
    told = story.looks[node, listing]
    index = bisect_right(told, look.answered, key=lambda call: call.answered)
    return max(call.number for call in told[max(0, index - 8) : index])


def what_is_ended_was_listed(story):
    """Judge each ending call: the last complete list showed the thing that it ends."""
    for call in story.mutations():
        if call.path not in ENDING:
            continue
        asked, id_ = asked_of(call.path, call.body), call.body.get("mediaSessionId")
        lives = story.lives.get((call.kind, call.node, id_), ())
        if asked is not None:
            those = story.of_sort(call.node, story.listing(call.node, call.path))
            lives = [life for life in those if life.natural == asked]
        is_listed = any(
            life.came < look.answered and life.went > look.number
            for look in _looks_relied_on(story, call)
            if "listing hidden" not in look.faults
            for life in lives
        )
        if not is_listed:
            yield f"call {call.number} ends {asked or id_}, which the last list did not show"


def _looks_relied_on(story, call):
    """Return the last complete list before a call; or those that it may be, where it is not told.

    Where streams say whether they are recorded, a list of them may be a look at either; a list of
    connections to other servers may be one at pulls or at pushes.
    """
    listing = story.listing(call.node, call.path)
    if listing in SHARED:
        since_s = call.at_s - _old_s(story, call.kind)
        looks = story.looks[call.node, listing]
        return [one for one in looks if since_s <= one.at_s and one.answered < call.number]
    look = story.look_before(call.node, listing, call.number)
    if look is None:
        return []
    is_just_told = call.at_s - story.entries[look.answered - 1]["at_s"] < AT_ONCE_S
    before = story.look_before(call.node, listing, call.number, 1)
    return [look, before] if is_just_told and before is not None else [look]


def nothing_is_ended_after_a_look_that_failed(story):
    """Judge each ending call by the newest answer to a request for its list, where one is known.

    Not where two kinds share a list, since the answer may be to a look at the other.
    """
    answers = defaultdict(list)
    for call in story.calls.values():
        if call.answered and call.path.endswith("/find_all"):
            answers[call.node, call.path].append(call)
    for calls in answers.values():
        calls.sort(key=lambda call: call.answered)
    for call in story.mutations():
        listing = story.listing(call.node, call.path)
        if call.path not in ENDING or call.intent is None or listing in SHARED:
            continue
        told = answers[call.node, listing]
        index = bisect_right(told, call.number, key=lambda one: one.answered)
        if not index or told[index - 1].is_complete:
            continue
        if call.at_s - story.entries[told[index - 1].answered - 1]["at_s"] > AT_ONCE_S:
            yield f"call {call.number} ({call.path}) follows a look that failed"


def no_running_recording_is_cut(story):
    """Judge each cut that we caused: what runs must have begun after the last look had."""
    for one in story.entries:
        if one["what"] != "recording cut" or one["by"] != "rest":
            continue
        lives = story.lives["recording", one["node"], one["object"]]
        life = next(life for life in reversed(lives) if life.came < one["number"])
        listing = story.listing(one["node"], "/recorder/startup")
        look = story.look_before(one["node"], listing, one["call"])
        if look is None or life.came < look.number:
            yield f"{one['number']}: the recording of {one['object']} was cut"


def a_cliff_is_not_believed_at_once(story):
    """Judge each look that took away most of a kind: each loss has a witness, or was doubted first.

    A witness is that its end was asked for, or that no stream is left that it could read.
    """
    wishes = Wishes()
    streams, known, asked, doubted = Streams(), defaultdict(dict), set(), set()
    for row in story.rows:
        if row.type == "Looked" and row.said["kind"] != "stream":
            scope, said = (row.node, row.said["kind"]), row.said
            relisted = {seen["natural"] for seen in said["appeared"]}
            relisted |= _lacking(wishes, streams, row)
            missing = [
                natural
                for natural in said["vanished"]
                if natural in known[scope] and natural not in relisted
                and known[scope][natural][2].get("localStreamName") not in relisted
                and (row.node, known[scope][natural][1] or natural) not in asked
                and _is_fed(streams, row, natural, *known[scope][natural])
            ]  # fmt: skip
            is_cliff = len(known[scope]) > 1 and 2 * len(missing) > len(known[scope])
            if is_cliff and scope not in doubted:
                yield f"{row.position} believes that {missing} are gone"
            (doubted.add if said["doubted"] else doubted.discard)(scope)
            for natural in said["vanished"]:
                known[scope].pop(natural, None)
            for seen in said["appeared"]:
                known[scope][seen["natural"]] = (row.position, seen["id"], seen["fields"])
        elif row.type == "ActionStarted" and row.said["action"] in ("delete", "replace"):
            asked.add((row.node, token_of(row.said)))
        elif row.type == "NodeRestarted":
            for scope in [scope for scope in known if scope[0] == row.node]:
                known[scope].clear()
                doubted.discard(scope)
        streams.fold(row)
        wishes.fold(row)


def _lacking(wishes, streams, row):
    """Return what bears the name of a line that lacks what it reads: its end is no wonder."""
    kind, found = row.said["kind"], set()
    for key, line in wishes.resources.items():
        if key.startswith(f"{kind}/") and line["node"] == row.node and kind not in STUDIED:
            sources = [(name, at or row.node, must) for name, at, must in needs(key, line)]
            if lacks(sources, streams.published):
                found |= {natural_of_line(key, line), makes(key, line)}
    return found - {""}


def _is_fed(streams, row, natural, position, id_, fields):
    """Return whether all streams are known that a thing may read; many read none of the node."""
    node, kind = row.node, row.said["kind"]
    match kind:
        case "recording":
            return id_ in streams.known[node]
        case "transponder":
            name = fields["streamName"]
            return streams.fed(node, {name, name.removeprefix("rtmp_")}, position)
        case "mixer":
            inputs = fields.get("inputs")
            return inputs is None or any(id_ in streams.known[node] for id_ in inputs)
        case "injection":
            covering = fields["remoteStreamName"]
            is_covering = "://" in covering or streams.published(node, covering)
            return is_covering and streams.fed(node, {natural}, position)
        case "transcoder" | "webrtcPush":
            name = "remoteStreamName" if kind == "transcoder" else "localStreamName"
            return streams.fed(node, {fields[name]}, position)
        case _:
            return True


LAWS = (
    a_complete_look_comes_between_a_call_and_the_next,
    what_is_ended_was_listed,
    nothing_is_ended_after_a_look_that_failed,
    no_running_recording_is_cut,
    a_cliff_is_not_believed_at_once,
)
