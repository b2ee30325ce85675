"""Laws 5 and 6, and orders: what is done is wanted, allowed, and done to what is ours."""

from tests.simulation.checker.kinds import STARTING, differs, lacks, makes, needs, reads, runs
from tests.simulation.checker.ours import Ours
from tests.simulation.checker.story import token_of
from tests.simulation.checker.streams import Streams
from tests.simulation.checker.wishes import Wishes


def every_action_is_wanted(story):
    """Judge each call by the documents and orders that stood in the log before its intent."""
    wishes, streams = Wishes(), Streams()
    called = {call.intent.position for call in story.mutations() if call.intent is not None}
    for row in story.rows:
        if row.position in called:
            for complaint in _complaints(story, wishes, streams, row):
                yield f"{row.position} ({row.said['action']} {row.said['key']}): {complaint}"
        wishes.fold(row)
        streams.fold(row)


def _complaints(story, wishes, streams, row):
    node, key = row.place
    action, order = row.said["action"], wishes.order(node, key, row.at_ms)
    line = wishes.wanted(node, key)
    if order is not None and (order.verb != "stop" or action != "delete"):
        yield f"it is {order.verb}ed since {order.position}"
    if wishes.is_observed(node, key):
        yield "it is only watched"
    if action != "delete" and line is None:
        yield "no line wants it"
    if action == "create" and line is not None:
        sources = [(name, at or node, must) for name, at, must in needs(key, line)]
        for name, at, _ in lacks(sources, streams.published):
            yield f"nothing that was heard or seen says that stream {name} is published on {at}"
        if line["spec"].get("keep") == "whileUsed" and not _is_used(wishes, node, key, line):
            yield "nothing that is wanted reads it"
    is_stopped = order is not None and order.verb == "stop"
    if action == "delete" and not is_stopped:
        if line is not None:
            yield "its line wants it, and nobody ordered its end"
        elif (node, key) in wishes.lost and wishes.lost[node, key][1]["protect"]:
            yield "it is protected"
    if action == "replace" and line is not None:
        life = _life(story, row)
        since = story.durable(life.came) if life is not None else 0
        if wishes.restarted.get(key, 0) <= since and not _is_replaceable(story, row, life, line):
            yield "it is as its line wants it, and nobody ordered a restart"


def _is_used(wishes, node, key, line):
    name = makes(key, line)
    others = (one for one in wishes.resources.items() if one[0] != key and one[1]["enabled"])
    return any(reads(other, one, node, name) for other, one in others)


def _life(story, row):
    """Return the life that an action is about, as it was when the action was written."""
    sort, before = row.said["key"].partition("/")[0], story.entry_at(row.position)
    lives = story.lives.get((sort, row.node, row.said["id"]), ())
    if sort not in ("transponder", "recording"):
        those = story.of_sort(row.node, story.listing(row.node, row.said["method"]))
        lives = [life for life in those if life.token == token_of(row.said)]
    return next((life for life in reversed(lives) if life.came <= before), None)


def _is_replaceable(story, row, life, line):
    """Return whether a thing differed from its line as it was last seen, or did not run yet."""
    if life is None:
        return True
    look = story.look_before(
        row.node, story.listing(row.node, row.said["method"]), story.entry_at(row.position) + 1
    )
    seen = life.at(look.answered) if look is not None else life.detail
    if differs(row.said["key"], line, seen):
        return True
    age_ms = row.at_ms - story.entries[life.came - 1]["at_s"] * 1000
    return not runs(seen) and age_ms + 1 >= story.settings["start_deadline_ms"]  # the log floors


def only_what_is_ours_is_touched(story):
    """Judge each call that names a thing: our call made it, or it was adopted, and not let go."""
    ours = Ours(story)
    for call in story.mutations():
        id_ = call.body.get("mediaSessionId")
        if call.intent is None or call.path in STARTING or id_ is None:
            continue
        claim = ours.claim(call.node, call.intent.said["key"], id_, call.intent.position)
        if claim is None:
            yield f"call {call.number} ({call.path}) touches {id_}, which is not ours"
        is_end = call.intent.said["action"] == "delete" and not ours.is_stopped(call.intent)
        if claim == "adopted" and is_end:
            yield f"call {call.number} ends {id_}, which was only adopted"


def what_is_adopted_is_as_declared(story):
    """Judge what was adopted without being asked by what looks had shown of it."""
    wishes, seen, streams = Wishes(), {}, Streams()
    for row in story.rows:
        if row.type == "Looked":
            for one in (*row.said["appeared"], *row.said["changed"]):
                seen[row.node, row.said["kind"], one["natural"]] = one["fields"]
        if row.type == "Adopted" and row.actor == "orchestrator":
            node, key = row.place
            line, kind = wishes.wanted(node, key), key.partition("/")[0]
            fields = seen.get((node, kind, row.said["natural"]))
            if line is None or fields is None or wishes.order(node, key, row.at_ms):
                yield f"{row.position} adopts {row.said['id']} for {key}, which is not wanted so"
            elif kind == "transponder" and not _fits(line["spec"], fields):
                yield f"{row.position} adopts {fields} for {line['spec']}"
        wishes.fold(row)
        streams.fold(row)


def what_is_renamed_stays_whose_it_was(story):
    """Judge adoptions that follow on a new name: what was ours under the old one is not adopted.

    Whatever else may have made it a stranger's since ends the judgement.
    """
    wishes, ours, renamed = Wishes(), Ours(story), {}
    for row in story.rows:
        said = row.said
        match row.type:
            case "StateLoaded":
                items = {one["key"]: one for one in said["items"]}
                for key in (*items, *said["removed"]):
                    renamed.pop(key, None)
                for key in (story.first[one["new"]] for one in said.get("moved", ())):
                    if _is_same(wishes.resources.get(key), items.get(key)):
                        renamed[key] = row.position
            case "Looked" if said["appeared"] or said["vanished"]:
                of_kind = f"{said['kind']}/"
                renamed = {key: one for key, one in renamed.items() if not key.startswith(of_kind)}
            case "OperatorAsked" | "Forgotten" | "NodeRestarted" | "DaemonStarted":
                renamed.clear()
            case "Adopted" if said["key"] in renamed and row.actor == "orchestrator":
                if ours.claim(*row.place, token_of(said), renamed[said["key"]]):
                    yield f"{row.position} adopts {row.place}, which was ours under another name"
        wishes.fold(row)


def _is_same(old, new):
    """Return whether a line wants the same, wherever it stands."""
    return old is not None and new is not None and {**old, "place": 0} == {**new, "place": 0}


def _fits(spec, fields):
    name = spec["streamName"]
    is_named = fields["streamName"] in (name, f"rtmp_{name}")
    return is_named and (spec["rtmpUrl"], spec["muted"]) == (fields["rtmpUrl"], fields["muted"])


LAWS = (
    every_action_is_wanted,
    only_what_is_ours_is_touched,
    what_is_adopted_is_as_declared,
    what_is_renamed_stays_whose_it_was,
)
