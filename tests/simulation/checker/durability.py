"""Laws 1 and 2: the log only grows, and everything stands in it before anyone relies on it."""

from collections import Counter
from hashlib import sha256

import orjson

from tests.simulation.checker.story import OUTCOMES

COLUMNS = ("position", "at_ms", "node", "type", "schema", "subject", "cause", "actor", "body")
COUNTED = "StreamKeepAliveEvent"  # answered, and kept only where it is news


def the_log_is_a_chain_without_gaps(story):
    before, at_ms = "0" * 64, 0
    for position, row in enumerate(story.trial.rows, 1):
        told = orjson.dumps(tuple(row[name] for name in COLUMNS))
        if row["position"] != position:
            yield f"{row['position']} stands where {position} is due"
        if row["hash"] != sha256(before.encode() + told).hexdigest():
            yield f"the hash of {position} does not fit"
        if row["at_ms"] < at_ms:
            yield f"{position} is older than the entry before it"
        before, at_ms = row["hash"], row["at_ms"]


def folding_again_gives_the_same_world(story):
    if not story.trial.is_replayed:
        yield "the world that was folded again differs from the daemon's"


def a_hook_is_durable_before_it_is_acknowledged(story):
    kept, position, acknowledged = Counter(), 0, Counter()
    for one in story.entries:
        if one["kind"] != "hook" or one["status"] != 200 or one["what"] == COUNTED:
            continue
        durable = story.durable(one["number"])
        for row in story.rows[position:durable]:
            if row.type == "HookReceived":
                kept[row.node, row.said["method"], _subject(row.said["body"])] += 1
        position = max(position, durable)
        key = (one["node"], one["what"], _subject(one["detail"]["body"]))
        acknowledged[key] += 1
        if acknowledged[key] > kept[key]:
            yield f"hook {one['number']} ({one['what']}) was acknowledged and is not in the log"


def _subject(body):
    return tuple(body.get(name) for name in ("mediaSessionId", "sessionId", "status"))


def an_intent_is_durable_before_its_call(story):
    for call in story.mutations():
        if call.intent is None:
            yield f"call {call.number} ({call.path} {call.subject}) has no open intent in the log"


def one_call_at_a_time_is_in_flight_for_a_key(story):
    flying = {}
    for row in story.rows:
        if row.type == "ActionStarted":
            if row.place in flying:
                yield f"{row.position} begins {row.place} while {flying[row.place]} is in flight"
            flying[row.place] = row.position
        elif row.type in OUTCOMES:
            flying.pop(row.place, None)
        elif row.type == "DaemonStarted":
            flying.clear()
    until = {}
    for call in story.mutations():
        if call.intent is not None:
            place = call.intent.place
            if until.get(place, 0) > call.number:
                yield f"call {call.number} overlaps with another for {place}"
            until[place] = call.answered or float("inf")


LAWS = (
    the_log_is_a_chain_without_gaps,
    folding_again_gives_the_same_world,
    a_hook_is_durable_before_it_is_acknowledged,
    an_intent_is_durable_before_its_call,
    one_call_at_a_time_is_in_flight_for_a_key,
)
