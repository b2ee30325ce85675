"""Asking the API about a history."""

import json
from functools import partial

from orchestrator.codec import codec_of
from orchestrator.core.http import Request, UnixPeer
from orchestrator.core.mapping import Map
from orchestrator.kinds.catalogue import KINDS
from orchestrator.web.api import View, answer, judged
from orchestrator.web.status import Vitals
from tests.core.history import URL, begun, line, listed

CODEC = codec_of(KINDS)
AT = "1970-01-01T00:16:40.000Z"
LINES = (
    line("a", labels=Map({"show": "news"})),
    line("b", url=f"{URL}2", labels=Map({"show": "talk"})),
    line("c", "absent"),
)


def request(path, method="GET", query="", body=b"", **headers):
    named = Map({name.replace("_", "-"): value for name, value in headers.items()})
    return Request(method, path, query, named, body, UnixPeer(1, 0, 0))


def view(history, **vitals):
    alive = Vitals("1.0", 1_000, history.now_ms, **vitals)
    verdicts = partial(judged, history.world, history.looks, KINDS, history.now_ms)
    return View(history.world, history.looks, alive, KINDS, CODEC.plain, verdicts)


def asked(history, path, query="", **vitals):
    reply = answer(request(path, query=query), view(history, **vitals))
    return reply.status, json.loads(reply.body)


def begun_with_one():
    """Return a history with one running line, one waiting, one starting, and a stranger."""
    history = begun(*LINES)
    history.act("a", made="m-a")
    history.look("transponder", listed("m-a"), listed("x", "rtmp_x", f"{URL}9"))
    return history
