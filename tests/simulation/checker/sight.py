"""Law 6: nothing is done without a good look, and nothing is ended that was not seen there."""

from bisect import bisect_right
from collections import defaultdict

from tests.simulation.checker.story import ENDING, MUTATING, OUTCOMES
from tests.simulation.checker.streams import Streams

SLACK_S = 5


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
        look = story.look_before(call.node, MUTATING[call.path], call.number)
        began = _newest_start(story, call.node, MUTATING[call.path], look)
        if look is None or began <= story.entry_at(since):
            yield f"call {call.number} ({call.path}) follows {since} without a look between them"
        age_s = call.at_s - story.calls[began].at_s if look is not None else 0
        if call.path in ENDING and age_s > _old_s(story, MUTATING[call.path]):
            yield f"call {call.number} ({call.path}) rests on a look that is too old"


def _old_s(story, kind):
    """Return the age from which nothing may be ended on the word of a look."""
    return (2 * story.settings["looks_ms"][kind] + story.settings["call_ms"]) / 1000 + SLACK_S


def _last(positions, position):
    index = bisect_right(positions, position)
    return positions[index - 1] if index else 0


def _newest_start(story, node, kind, look):
    """Return when the newest began of those lists that were told by then."""
    if look is None:
        return 0
    told = story.looks[node, kind]
    index = bisect_right(told, look.answered, key=lambda call: call.answered)
    return max(call.number for call in told[max(0, index - 8) : index])


def what_is_ended_was_listed(story):
    """Judge each ending call: the last complete list showed the thing that it ends."""
    for call in story.mutations():
        if call.path not in ENDING:
            continue
        kind, id_ = MUTATING[call.path], call.body.get("mediaSessionId")
        lives = story.lives.get((kind, call.node, id_), ())
        is_listed = any(
            life.came < look.answered and life.went > look.number
            for look in _looks_relied_on(story, kind, call)
            if "listing hidden" not in look.faults
            for life in lives
        )
        if not is_listed:
            yield f"call {call.number} ends {id_}, which the last list did not show"


def _looks_relied_on(story, kind, call):
    """Return the last complete list before a call; or those that it may be, where it is not told.

    Where streams say whether they are recorded, a list of them may be a look at either.
    """
    if kind == "recording" and call.node in story.settings["without_recorder"]:
        since_s = call.at_s - _old_s(story, kind)
        looks = story.looks[call.node, kind]
        return [one for one in looks if since_s <= one.at_s and one.answered < call.number]
    look = story.look_before(call.node, kind, call.number)
    return [] if look is None else [look]


def no_running_recording_is_cut(story):
    """Judge each cut that we caused: what runs must have begun after the last look had."""
    for one in story.entries:
        if one["what"] != "recording cut" or one["by"] != "rest":
            continue
        lives = story.lives["recording", one["node"], one["object"]]
        life = next(life for life in reversed(lives) if life.came < one["number"])
        look = story.look_before(one["node"], "recording", one["call"])
        if look is None or life.came < look.number:
            yield f"{one['number']}: the recording of {one['object']} was cut"


def a_cliff_is_not_believed_at_once(story):
    """Judge each look that took away most of a kind: each loss has a witness, or was doubted first.

    A witness is that its end was asked for, or that no stream is left that it could read.
    """
    streams, known, asked, doubted = Streams(), defaultdict(dict), set(), set()
    for row in story.rows:
        if row.type == "Looked" and row.said["kind"] != "stream":
            scope, said = (row.node, row.said["kind"]), row.said
            relisted = {seen["natural"] for seen in said["appeared"]}
            missing = [
                natural
                for natural in said["vanished"]
                if natural in known[scope] and natural not in relisted
                and (row.node, known[scope][natural][1]) not in asked
                and _is_fed(streams, row.node, natural, *known[scope][natural])
            ]  # fmt: skip
            is_cliff = len(known[scope]) > 1 and 2 * len(missing) > len(known[scope])
            if is_cliff and scope not in doubted:
                yield f"{row.position} believes that {missing} are gone"
            (doubted.add if said["doubted"] else doubted.discard)(scope)
            for natural in said["vanished"]:
                known[scope].pop(natural, None)
            for seen in said["appeared"]:
                known[scope][seen["natural"]] = (row.position, seen["id"], seen["fields"])
        elif row.type == "ActionStarted" and row.said["id"]:
            asked.add((row.node, row.said["id"]))
        elif row.type == "NodeRestarted":
            for scope in [scope for scope in known if scope[0] == row.node]:
                known[scope].clear()
                doubted.discard(scope)
        streams.fold(row)


def _is_fed(streams, node, natural, position, id_, fields):
    """Return whether a stream is known that a transponder or a recording may read."""
    if natural == id_:
        return id_ in streams.known[node]
    name = fields["streamName"]
    return streams.fed(node, {name, name.removeprefix("rtmp_")}, position)


LAWS = (
    a_complete_look_comes_between_a_call_and_the_next,
    what_is_ended_was_listed,
    no_running_recording_is_cut,
    a_cliff_is_not_believed_at_once,
)
