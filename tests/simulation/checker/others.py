"""Law 5 for what has no id in its calls: what others made is neither changed nor ended."""

from tests.simulation.checker.kinds import ENDING, SORTS, STARTING
from tests.simulation.checker.ours import Ours


def what_a_call_changes_or_ends_is_ours(story):
    """Judge each effect of our calls by whose the thing is; what came since the last look is not
    told from what we had.
    """
    ours = Ours(story)
    for one, life, call in _effects(story):
        if call.path in STARTING or call.intent is None:
            continue
        key, position = call.intent.said["key"], call.intent.position
        claim = ours.claim(life.node, key, life.token, position)
        look = story.look_before(life.node, SORTS[life.sort], story.entry_at(position))
        if claim is None and look is not None and life.came < look.number:
            yield f"{one['number']} ({one['what']}) by {call.path}: {life.token} is not ours"
        is_end = call.path in ENDING and call.intent.said["action"] == "delete"
        if claim == "adopted" and is_end and not ours.is_stopped(call.intent):
            yield f"{one['number']} ends {life.token}, which was only adopted"


def _effects(story):
    for one in story.entries:
        sort, _, verb = one["what"].partition(" ")
        is_effect = one["kind"] == "effect" and one["by"] == "rest" and verb in ("changed", "went")
        if is_effect and sort in SORTS:
            lives = story.lives[sort, one["node"], one["object"]]
            life = next(life for life in reversed(lives) if life.came < one["number"])
            yield one, life, story.calls[one["call"]]


def inputs_of_others_stay(story):
    """Judge each input that a call of ours took out: we had asked for a stream of its name."""
    asked, inside = {}, {}
    for call in story.mutations():
        if call.path == "/mixer/add":
            name = call.body["remoteStreamName"]
            asked.setdefault((call.node, call.body["uri"], name), call.number)
    for one in story.entries:
        if one["kind"] != "effect" or not one["what"].startswith("mixer "):
            continue
        now, before = one["detail"]["inputs"], inside.get(one["object"], {})
        call = story.calls.get(one["call"]) if one["by"] == "rest" else None
        is_taken_out = call is not None and call.path == "/mixer/remove"
        for id_ in set(before) - set(now) if is_taken_out else ():
            place = (one["node"], one["detail"]["uri"], before[id_]["name"])
            if asked.get(place, one["number"]) >= one["number"]:
                yield f"{one['number']} takes {place} out, which others put in"
        inside[one["object"]] = now


def a_filter_names_all(story):
    """Judge each call that ends by a filter: without all of it others would end as well."""
    for call in story.mutations():
        wanted = {"/pull/terminate": ("uri", "localStreamName", "remoteStreamName")}
        for name in wanted.get(call.path, ("uri",) if call.path == "/transcoder/terminate" else ()):
            if not call.body.get(name):
                yield f"call {call.number} ({call.path}) names no {name}"


LAWS = (what_a_call_changes_or_ends_is_ours, inputs_of_others_stay, a_filter_names_all)
