"""Questions to the daemon over its control socket; and to the log, when no daemon runs.

Either way the same pure functions of `web` make the answer, so it has the same form.
"""

import http.client
import json
import os
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import click
from attrs import frozen

from orchestrator.errors import DaemonAbsent, OrchestratorError

TIMEOUT_S = 120.0  # longer than any verb takes: a reload of all that fits on one machine
Query = Mapping[str, str | Sequence[str]]


@frozen
class Answer:
    """What was answered, and as of when if it comes from the log alone ("" when it is live)."""

    body: Any
    stale_since: str = ""


class Refused(OrchestratorError):
    """The daemon answered with an error; its text is fit for a person."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def read(config: Path, path: str, query: Query | None = None) -> Answer:
    """Return the answer to a question, from the daemon or else from the log."""
    control = settings(config).control
    try:
        return Answer(request(control, "GET", path, query))
    except DaemonAbsent:
        from orchestrator.cli.offline import answer  # noqa: PLC0415 - heavy, and seldom needed

        return answer(config, path, query or {})


def change(config: Path, verb: str, body: Mapping[str, Any]) -> Any:
    """Return what the daemon says of a verb; without a daemon there is nobody to do it."""
    return request(settings(config).control, "POST", f"/control/v1/{verb}", body=body)


def settings(config: Path) -> Any:
    """Return what orchestrator.yaml says."""
    from orchestrator.shell.documents.configuration import (  # noqa: PLC0415 - `--help` needs none
        read_configuration,
    )

    return read_configuration(config)


def request(
    control: Path,
    method: str,
    path: str,
    query: Query | None = None,
    body: Mapping[str, Any] | None = None,
) -> Any:
    """Return the JSON of one exchange with the daemon; lines of JSON come as a list.

    Raises:
        DaemonAbsent: nobody answers there.
        Refused: the daemon says no.
    """
    connection = _Connection(control)
    headers = {"Content-Type": "application/json"}
    if sudo := os.environ.get("SUDO_USER"):
        headers["X-Sudo-User"] = sudo
    target = f"{path}?{urlencode(query, doseq=True)}" if query else path
    try:
        connection.request(
            method, target, json.dumps(body or {}) if body is not None else None, headers
        )
        response = connection.getresponse()
        payload = response.read()
    except PermissionError as error:
        raise DaemonAbsent(str(control), _permission(control)) from error
    except TimeoutError as error:
        message = f"no answer for {TIMEOUT_S:g} s; it may still be done: see `orchestrator events`"
        raise Refused(504, message) from error
    except (OSError, http.client.HTTPException) as error:
        raise DaemonAbsent(str(control), str(error)) from error
    finally:
        connection.close()
    if response.headers.get_content_type() == "application/jsonl":
        return [json.loads(line) for line in payload.splitlines()]
    answered = json.loads(payload)
    if response.status == HTTPStatus.REQUEST_URI_TOO_LONG:
        raise Refused(response.status, "too many names at once: name fewer, or choose by --label")
    if response.status >= 400:
        raise Refused(response.status, str(answered.get("error", answered)))
    return answered


def entries(config: Path, query: Query) -> Iterator[tuple[Any, str]]:
    """Yield entries page by page, each with the mark of its staleness."""
    after = int(str(query.get("after", "0")))
    while True:
        answer = read(config, "/api/v1/events", {**query, "after": str(after), "limit": "1000"})
        for entry in answer.body:
            yield entry, answer.stale_since
        if len(answer.body) < 1000:
            return
        after = answer.body[-1]["position"]


def following(config: Path, query: Query, *, last: int) -> Iterator[Any]:
    """Yield entries as they come, for ever, over restarts of the daemon; first the `last` few.

    Raises:
        DaemonAbsent: nobody answers at first; nothing will come.
    """
    control = settings(config).control
    head = request(control, "GET", "/api/v1/status")["position"]
    after = int(str(query.get("after", max(0, head - last) if last else 0)))
    while True:
        asked = {**query, "after": str(after), "limit": "1000", "waitMs": "25000"}
        try:
            found = request(control, "GET", "/api/v1/events", asked)
        except DaemonAbsent:
            time.sleep(1)
            continue
        yield from found
        after = found[-1]["position"] if found else after
        if found and after >= int(str(query.get("until", after + 1))):
            return


def now_ms() -> int:
    """Return the wall clock's time."""
    return time.time_ns() // 1_000_000


class _Connection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("control", timeout=TIMEOUT_S)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket's path."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def _permission(control: Path) -> str:
    import grp  # noqa: PLC0415 - only where permission is missing

    try:
        group = grp.getgrgid(control.stat().st_gid).gr_name
    except (OSError, KeyError):
        group = "orchestrator"
    return f"permission denied: you need the group {group}"


def fail(error: Exception) -> click.ClickException:
    """Return an error as click prints it, with exit code 1."""
    return click.ClickException(str(error))
