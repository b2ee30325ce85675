"""Is a node set up well? What its answers and the log say of that, and what to type to mend it.

A 404 may mean that there is nothing, or that the build has no such method: it is told by what the
node answers to a method that nobody has (rest-api.md section 1). Where both look alike, nobody can.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from orchestrator.core.configuration import Recorder
from orchestrator.core.hook import (
    CONNECT,
    CONNECTION_STATUS,
    KEEP_ALIVE,
    PUBLISH,
    STREAM_STATUS,
)
from orchestrator.core.json import Json, JsonObject, text, whole
from orchestrator.core.rest import NotJson, RestReply, complaint
from orchestrator.web.examined import (
    NOTHING,
    NOWHERE,
    STREAMS,
    Examined,
    Finding,
    State,
)
from orchestrator.web.times import rfc3339

RECORDERS: Final = "/recorder/find_all"
APPS: Final = ("defaultApp", "flashStreamingApp")
HOOKS: Final = (CONNECT, PUBLISH, STREAM_STATUS, CONNECTION_STATUS)
SKEW_MS: Final = 5_000
FREE_PERCENT: Final = 10
POOLS: Final = (("ports_media", "for media"), ("ports_wcs_agents", "for agents"))
TIMEOUT: Final = "rest_request_timeout=15"
SENT: Final = "disable_rest_requests=false"


def findings(seen: Examined) -> tuple[Finding, ...]:
    """Return what every check found, in the order in which one would mend it."""
    hooks = (*_hooks(seen), _clock(seen))
    if seen.error:
        return (Finding("reachable", State.ILL, seen.error), *hooks)
    streams = seen.replies[STREAMS]
    if streams.status == 401:
        message = "the node refuses our username and password: see `username` and `password`"
        user = (f"add user {seen.username or 'orchestrator'} PASSWORD",)
        return (_reached(seen), Finding("authentication", State.ILL, message, user), *hooks)
    if not streams.accepted and streams.status != 404:
        message = f"{STREAMS} answered {streams.status}: {complaint(streams)}"
        return (Finding("reachable", State.ILL, message), *hooks)
    return (
        _reached(seen),
        _tls(seen),
        _authentication(seen),
        *_groups(seen),
        _recorder(seen),
        *_statistics(seen),
        *hooks,
    )


def told(node: str, found: Sequence[Finding]) -> dict[str, Json]:
    """Return the form for scripts; fields may be added here, never renamed."""
    console = dict.fromkeys(line for one in found for line in one.console)
    settings = dict.fromkeys(line for one in found for line in one.settings)
    return {
        "node": node,
        "well": all(one.state is not State.ILL for one in found),
        "findings": [
            {"check": one.check, "state": one.state.value, "message": one.message} for one in found
        ],
        "console": [*console],
        "settings": [*settings],
    }


def _reached(seen: Examined) -> Finding:
    return Finding("reachable", State.WELL, f"{seen.url} answers")


def _tls(seen: Examined) -> Finding:
    if seen.url.startswith("https://"):
        return Finding("tls", State.WELL, "its certificate was verified")
    message = "REST goes unencrypted: https on port 8444 hides keys and passwords on the way"
    return Finding("tls", State.NOTE, message)


def _authentication(seen: Examined) -> Finding:
    if seen.open is not None and seen.open.status == 401:
        return Finding("authentication", State.WELL, "REST asks for a user, and takes ours")
    message = "anyone who reaches its REST port has full control: keep the port to us, or ask users"
    user = (f"add user {seen.username or 'orchestrator'} PASSWORD",)
    state = State.ILL if seen.username else State.NOTE
    return Finding("authentication", state, message, user, ("disable_rest_auth=false",))


def _form(reply: RestReply) -> tuple[str, ...]:
    """Return what a reply looks like, whatever it says."""
    match reply.body:
        case NotJson():
            return ("html",) if "<" in reply.text else ("text" if reply.text.strip() else "",)
        case Mapping() as members:
            return tuple(sorted(members))
        case _:
            return ("json",)


def _has(seen: Examined, path: str) -> bool | None:
    """Return whether a node has a method, None where that cannot be told."""
    reply, missing = seen.replies[path], _form(seen.replies[NOWHERE])
    if reply.status != 404:
        return True
    if missing == _form(seen.replies[NOTHING]):
        return None
    return _form(reply) != missing


def _groups(seen: Examined) -> Iterator[Finding]:
    paths = [path for path in sorted(seen.replies) if path not in (NOWHERE, NOTHING, RECORDERS)]
    failing = {path: seen.replies[path].status for path in paths
               if not seen.replies[path].accepted and seen.replies[path].status != 404}  # fmt: skip
    for path, status in failing.items():
        yield Finding("methods", State.ILL, f"{path} answered {status}")
    missing = [path for path in paths if _has(seen, path) is False]
    if missing:
        yield Finding("methods", State.NOTE, f"this build has no {', '.join(missing)}")
    unsure = [path for path in paths if _has(seen, path) is None]
    if unsure:
        message = f"nobody can tell whether it has {', '.join(unsure)}: a 404 means either"
        yield Finding("methods", State.NOTE, message)
    there = len(paths) - len(failing) - len(missing) - len(unsure)
    yield Finding("methods", State.WELL, f"{there} of {len(paths)} lists are there")


def _recorder(seen: Examined) -> Finding:
    has = _has(seen, RECORDERS)
    is_new = seen.recorder is Recorder.RECORDER
    if has is None:
        message = "nobody can tell whether it has /recorder: a 404 means either"
        return Finding("recorder", State.NOTE, message)
    if has == is_new:
        return Finding("recorder", State.WELL, f"records by /{'recorder' if has else 'stream'}")
    if has:
        message = "it has /recorder: `recorder: stream` in its configuration is not needed"
        return Finding("recorder", State.NOTE, message)
    message = "it has no /recorder: write `recorder: stream` for it in orchestrator.yaml"
    return Finding("recorder", State.ILL, message)


def _statistics(seen: Examined) -> Iterator[Finding]:
    page = seen.statistics
    if page is None or not page.accepted:
        said = f"status {page.status}" if page is not None else "no answer"
        message = f"the page ?action=stat cannot be read ({said}): free ports cannot be seen"
        yield Finding("statistics", State.NOTE, message)
        return
    lines = (line.partition("=") for line in page.text.splitlines() if "=" in line)
    counted: JsonObject = {name.strip(): value.strip() for name, _, value in lines}
    scarce = False
    for pool, what in POOLS:
        free, busy = whole(counted, f"{pool}_free"), whole(counted, f"{pool}_busy")
        if text(counted, f"{pool}_free") and 100 * free < FREE_PERCENT * (free + busy):
            scarce = True
            message = f"{free} of {free + busy} ports {what} are free"
            yield Finding("statistics", State.ILL, message)
    if pending := whole(counted, "ports_rest_api_pending"):
        scarce = True
        message = f"{pending} hooks wait for a connection to us"
        yield Finding("statistics", State.ILL, message)
    if not scarce:
        yield Finding("statistics", State.WELL, "ports are free")


def _hooks(seen: Examined) -> Iterator[Finding]:
    last = seen.heard.last_ms
    if not seen.public_url:
        message = "`hooks.publicUrl` in orchestrator.yaml says how the node reaches us: write it"
        yield Finding("hooks", State.NOTE, message)
    if not last:
        root = seen.public_url.rstrip("/") or "http://ORCHESTRATOR:8480"
        address = f"{root}/hooks/{seen.node}/TOKEN"
        console = [line for app in APPS for line in (
            f"update app -l {address} {app}", f"add app-rest-method -a {app}",
        )]  # fmt: skip
        signing = ("rest_hook_send_hash=true", "rest_hook_secret_key=KEY")
        settings = (SENT, TIMEOUT, *(signing if seen.is_signing else ()))
        message = "no hook ever came from it; refused ones are in `orchestrator status`"
        yield Finding("hooks", State.ILL, message, tuple(console), settings)
    else:
        newest = max(last, key=lambda method: (last[method], method))
        message = f"the last one was {newest} at {rfc3339(last[newest])}"
        yield Finding("hooks", State.WELL, message)
        missing = [method for method in HOOKS if method not in last]
        if missing:
            message = f"never heard: {', '.join(missing)}; `show app-rest-methods APP` lists them"
            console = [f"add app-rest-method -a {app}" for app in APPS]
            yield Finding("hooks", State.NOTE, message, tuple(console))
    if KEEP_ALIVE in last:
        message = f"the last one came at {rfc3339(last[KEEP_ALIVE])}"
        yield Finding("keep-alives", State.WELL, message)
    else:
        message = "none was heard: with them, the end of a stream is known sooner than by looks"
        settings = (
            "keep_alive_streaming_sessions_enabled=true",
            "streaming_sessions_keep_alive_interval=10000",
            f"streaming_sessions_keep_alive_app_keys={','.join(APPS)}",
        )
        yield Finding("keep-alives", State.NOTE, message, settings=settings)


def _clock(seen: Examined) -> Finding:
    """Return whether clocks agree: a stream cannot have begun later than it is seen."""
    streams = seen.replies.get(STREAMS)
    listed = streams.body if streams is not None and isinstance(streams.body, list | tuple) else ()
    began = [whole(one, "createDate") for one in listed if isinstance(one, Mapping)]
    ahead_ms = max([seen.heard.ahead_ms, *(at_ms - seen.now_ms for at_ms in began)])
    if ahead_ms > SKEW_MS:
        message = f"the node's clock is ahead of ours by {ahead_ms / 1000:.0f} s or more"
        return Finding("clock", State.ILL, message)
    if seen.heard.behind_ms:
        message = f"the node's clock is behind ours by about {seen.heard.behind_ms / 1000:.0f} s"
        return Finding("clock", State.ILL, message)
    return Finding("clock", State.WELL, "nothing speaks against the node's clock")
