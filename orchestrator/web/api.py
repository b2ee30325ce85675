"""The API under `/api/v1/`, and the verbs under `/control/v1/`, as pure functions of a request.

An answer is a reply, or something that only the daemon can do: read the log, or carry out a verb.
It does so and, for the log, comes back here with what it read: once for events, again and again
for the chain of causes.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final
from urllib.parse import parse_qs

from attrs import field, frozen

from orchestrator.core.action import Verdict
from orchestrator.core.filter import LAST, Filter
from orchestrator.core.http import Reply, Request
from orchestrator.core.json import Json
from orchestrator.core.kind import Kinds
from orchestrator.core.look import Looks
from orchestrator.core.mapping import Map
from orchestrator.core.plan import is_settled, plan
from orchestrator.core.world import World
from orchestrator.web import forms
from orchestrator.web.body import BadBody, parsed
from orchestrator.web.hooks import error
from orchestrator.web.orders import ORDERS
from orchestrator.web.status import Vitals, status
from orchestrator.web.why import Why, why

EVENTS_MAX: Final = 10_000
WAIT_MAX_MS: Final = 30_000  # a client that waits longer asks again
VERBS: Final = ORDERS | {"reload", "approve", "call", "accept"}


@frozen
class View:
    """What answers are made from: one moment of the world, and what memory knows beside it."""

    world: World
    looks: Looks
    vitals: Vitals
    kinds: Kinds
    plain: forms.Plain
    verdicts: Callable[[], tuple[Verdict, ...]]


def judged(world: World, looks: Looks, kinds: Kinds, now_ms: int) -> tuple[Verdict, ...]:
    """Return the verdict on everything, in order, where nobody has kept any."""
    return tuple(
        verdict
        for node in sorted({*world.configuration.nodes, *world.placed})
        for verdict in plan(world, node, world.placements_on(node), kinds, looks, now_ms).verdicts
    )


@frozen
class ReadLog:
    """The daemon is to read up to `limit` entries; `events` makes the reply of what it read.

    Where there are none it waits for some, for `wait_ms` at most.
    """

    wanted: Filter
    limit: int
    wait_ms: int = 0


@frozen
class Ask:
    """The daemon is to carry out an operator's verb."""

    verb: str
    arguments: Map[str, Json]
    reason: str
    sudo_user: str = field(default="")


def answer(request: Request, view: View) -> Reply | ReadLog | Why | Ask:
    """Return the answer to a request on the control socket."""
    query = Map({name: values[-1] for name, values in parse_qs(request.query).items()})
    match (request.method, request.path):
        case ("GET", "/api/v1/status"):
            return _ok(_status(view))
        case ("GET", "/api/v1/resources"):
            return _resources(view, parse_qs(request.query))
        case ("GET", "/api/v1/plan"):
            return _ok(forms.plan(view.world, view.verdicts(), view.kinds))
        case ("GET", "/api/v1/why"):
            return why(query, view.world, view.kinds)
        case ("GET", "/api/v1/events"):
            return _read(query, parse_qs(request.query))
        case ("POST", path) if path.removeprefix("/control/v1/") in VERBS:
            return _ask(path.removeprefix("/control/v1/"), request)
        case (_, path) if path.startswith(("/api/v1/", "/control/v1/")):
            return error(404, f"{request.method} {path}: no such thing here")
        case _:
            return error(404, "nothing here")


def events(rows: Iterable[Any]) -> Reply:
    """Return entries as lines of JSON."""
    lines = [json.dumps(forms.event(row), ensure_ascii=False) + "\n" for row in rows]
    return Reply(200, "".join(lines).encode(), content_type="application/jsonl")


def chain(found: Why) -> Reply:
    """Return a chain of causes that was read to its end."""
    return _ok(found.told())


def _ok(value: Json) -> Reply:
    return Reply(200, json.dumps(value, ensure_ascii=False).encode())


def _status(view: View) -> Json:
    return status(view.world, view.verdicts(), view.looks, view.vitals, view.kinds)


def _resources(view: View, query: Mapping[str, list[str]]) -> Reply:
    """Return the rows that fit: `name` is NAME or KIND/NAME and may come several times."""
    rows: list[dict[str, Any]] = []
    known_nodes = {*view.world.configuration.nodes, *view.world.placed}
    absent = [node for node in query.get("node", []) if node not in known_nodes]
    if absent:
        names = ", ".join(sorted(known_nodes)) or "none"
        return error(404, f"{', '.join(absent)}: no such node (there are {names})")
    verdicts = view.verdicts()
    keys = {verdict.placement.key for verdict in verdicts}
    known = {word for key in keys for word in (key.name, str(key))}
    missing = [name for name in query.get("name", []) if name not in known]
    if missing:
        return error(404, f"{', '.join(missing)}: not declared and not ours")
    for verdict in (one for one in verdicts if _may_fit(one, query)):
        row = forms.resource(view.world, verdict, view.plain, view.kinds)
        row["settled"] = is_settled(verdict)
        if _fits(row, query):
            rows.append(row)
    if query.get("chain"):
        rows += forms.streams(view.world, rows, view.kinds)
    if query.get("foreign"):
        rows += [row for row in _foreign(view) if _fits(row, query)]
    rows.sort(key=lambda row: (row["kind"], row["name"], row["node"]))
    return _ok(rows)


def _foreign(view: View) -> Iterable[dict[str, Json]]:
    for (node, kind), things in view.world.observed.items():
        if view.kinds[kind].declared is not None:
            for natural, thing in things.items():
                if thing.owner is None:
                    yield forms.foreign(view.world, node, kind, natural)


def _may_fit(verdict: Verdict, query: Mapping[str, list[str]]) -> bool:
    """Return whether a row of it may be wanted, by what costs nothing to know."""
    key, node = verdict.placement.key, verdict.placement.node
    names = query.get("name", [])
    return (not names or key.name in names or str(key) in names) and node in query.get(
        "node", [node]
    )


def _fits(row: Mapping[str, Any], query: Mapping[str, list[str]]) -> bool:
    names = query.get("name", [])
    labels = (label.partition("=") for label in query.get("label", []))
    return (
        (not names or row["name"] in names or row["resource"] in names)
        and row["kind"] in query.get("kind", [row["kind"]])
        and row["node"] in query.get("node", [row["node"]])
        and row["phase"] in query.get("phase", [row["phase"]])
        and not ("notReady" in query and row["phase"] == "Ready")
        and all(row["labels"].get(name) == value for name, _, value in labels)
    )


def _read(query: Mapping[str, str], many: Mapping[str, list[str]]) -> Reply | ReadLog:
    numbers: dict[str, int] = {}
    defaults = {
        "after": 0, "until": LAST, "sinceMs": 0, "untilMs": LAST, "limit": 1000, "waitMs": 0
    }  # fmt: skip
    for name, default in defaults.items():
        value = query.get(name, str(default))
        if not value.isdecimal() or len(value) > 19:
            return error(400, f"{name}: {value!r} is no whole number")
        numbers[name] = int(value)
    wanted = Filter(
        after=min(numbers["after"], LAST),
        until=min(numbers["until"], LAST),
        since_ms=min(numbers["sinceMs"], LAST),
        until_ms=min(numbers["untilMs"], LAST),
        types=frozenset(many.get("type", [])),
        node=query.get("node", ""),
        subjects=frozenset(many.get("subject", [])),
    )
    return ReadLog(wanted, min(numbers["limit"], EVENTS_MAX), min(numbers["waitMs"], WAIT_MAX_MS))


def _ask(verb: str, request: Request) -> Reply | Ask:
    body = parsed(request.body or b"{}")
    if isinstance(body, BadBody):
        return error(400, body.reason)
    reason = body.pop("reason", "")
    if not isinstance(reason, str):
        return error(400, "reason is no text")
    sudo_user = request.headers.get("x-sudo-user", "")
    return Ask(verb, Map(body), reason, sudo_user)
