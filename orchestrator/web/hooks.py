"""Hooks in: a verified request becomes an event to append, and the answer that follows it.

WCS takes any reply but 200 as an error of its backend, and the safe reply is the very object that
it sent (hooks.md section 1). So what is taken is echoed byte for byte, once it is in the log.
"""

import json
import re
from typing import Final

from attrs import frozen

from orchestrator.core.event import HookReceived
from orchestrator.core.hook import KEEP_ALIVE
from orchestrator.core.http import Reply, Request
from orchestrator.core.json import JsonObject, text
from orchestrator.core.mapping import Map
from orchestrator.core.recent import Recent
from orchestrator.core.seal import Sealer, TooDeep
from orchestrator.core.world import World
from orchestrator.web.body import BadBody, parsed

PREFIX: Final = "/hooks/"
KEEP_ALIVE_MS: Final = 300_000  # one that says nothing new is kept once in this time
METHOD: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")  # the longest that WCS knows has 24 letters


@frozen
class Address:
    """What the path of a hook names. `token` "" where there is none in it."""

    node: str
    token: str
    method: str


@frozen
class Taken:
    """A hook to be appended, then answered."""

    hook: HookReceived
    reply: Reply


@frozen
class Counted:
    """A keep-alive without news: answered, counted, not kept."""

    hook: HookReceived
    reply: Reply


@frozen
class Refused:
    """A hook that is not taken; `reason` is for the journal and never has the token in it."""

    reply: Reply
    reason: str


def address_of(request: Request) -> Address | None:
    """Return what a path names: `/hooks/NODE/TOKEN/METHOD` or `/hooks/NODE/METHOD`, else None.

    The path of a request is decoded; a percent sign in it is one of the token.
    """
    if not request.path.startswith(PREFIX):
        return None
    parts = request.path.removeprefix(PREFIX).split("/")
    match parts:
        case [node, method] if node and method:
            return Address(node, "", method)
        case [node, token, method] if node and token and method:
            return Address(node, token, method)
        case _:
            return None


def take(
    address: Address, request: Request, world: World, sealer: Sealer, now_ms: int
) -> Taken | Counted | Refused:
    """Return what to do with a hook whose sender is verified."""
    if request.method != "POST":
        return Refused(error(405, "hooks are posted", allow="POST"), "not a POST")
    if not METHOD.fullmatch(address.method):
        return Refused(error(404, "no such method"), "a method name that no WCS sends")
    body = parsed(request.body)
    if isinstance(body, BadBody):
        return Refused(error(400, body.reason), body.reason)
    try:
        sealed = sealer.object(body)
    except TooDeep:
        return Refused(error(400, "the body nests too deep"), "a body that nests too deep")
    hook, reply = HookReceived(address.node, address.method, sealed), Reply(200, request.body)
    if address.method == KEEP_ALIVE and _says_nothing_new(address.node, body, world, now_ms):
        return Counted(hook, reply)
    return Taken(hook, reply)


def error(status: int, message: str, **headers: str) -> Reply:
    """Return an answer that says what is wrong, as JSON."""
    body = json.dumps({"error": message}).encode()
    return Reply(
        status, body, Map({name.replace("_", "-"): value for name, value in headers.items()})
    )


def _says_nothing_new(node: str, body: JsonObject, world: World, now_ms: int) -> bool:
    media = text(body, "mediaSessionId")
    kept_ms = world.kept.get(node, Recent()).recalled_ms(media)
    is_publisher = text(body, "status") == "PUBLISHING"
    is_known = world.thing(node, "stream", media) is not None or not is_publisher
    return bool(kept_ms) and now_ms - kept_ms < KEEP_ALIVE_MS and is_known
