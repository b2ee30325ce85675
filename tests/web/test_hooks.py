"""Hooks are taken whole, sealed for the log, and echoed byte for byte."""

import json

import pytest

from orchestrator.core.event import HookReceived
from orchestrator.core.http import InetPeer, Reply, Request
from orchestrator.core.json import freeze
from orchestrator.core.mapping import Map
from orchestrator.core.seal import Sealer
from orchestrator.web.hooks import Address, Counted, Refused, Taken, address_of, take
from tests.core.history import NODE, START_MS, History, published
from tests.kinds.sample import SAMPLES

HOOKS = sorted((SAMPLES / "hooks").glob("*.json"))
BODIES = [path for path in HOOKS if path.read_bytes().lstrip().startswith(b"{")]
SEALER = Sealer(lambda _: "0123456789abcdef")
KEEP_ALIVE = "StreamKeepAliveEvent"


def request(body=b"{}", path="/hooks/wcs1/connect", method="POST"):
    return Request(method, path, "", Map(), body, InetPeer("10.0.0.1", 1))


def taken(body, method="connect", world=None, now_ms=START_MS):
    address = Address(NODE, "", method)
    return take(address, request(body), world or History().world, SEALER, now_ms)


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("/hooks/wcs1/connect", Address("wcs1", "", "connect")),
        ("/hooks/wcs1/token/connect", Address("wcs1", "token", "connect")),
        ("/hooks/wcs 1/to%2Fken/connect", Address("wcs 1", "to%2Fken", "connect")),
        ("/hooks/wcs1", None),
        ("/hooks/wcs1/", None),
        ("/hooks//connect", None),
        ("/hooks/wcs1//connect", None),
        ("/hooks/wcs1/token/connect/more", None),
        ("/other/wcs1/connect", None),
    ],
)
def test_a_path_names_node_token_and_method(path, address):
    assert address_of(request(path=path)) == address


@pytest.mark.parametrize("path", BODIES, ids=lambda path: path.stem)
def test_every_documented_body_is_echoed_byte_for_byte_and_kept(path):
    body, method = path.read_bytes(), path.name.split(".")[0]
    outcome = taken(body, method)
    assert outcome.reply == Reply(200, body)
    assert outcome.hook.method == method
    assert set(outcome.hook.body) == set(json.loads(body))


def test_what_is_kept_is_sealed_and_what_is_answered_is_not():
    body = (
        b'{ "authToken":"secret",  "sdp":"v=0", "custom":{"token":"t"},'
        b'"rtmpUrl":"rtmp://u:p@h/live/key", "n":null}'
    )
    kept = freeze(
        {
            "authToken": "~0123456789abcdef",
            "sdp": {"length": 3},
            "custom": {"token": "~0123456789abcdef"},
            "rtmpUrl": "rtmp://h/live~0123456789abcdef",
            "n": None,
        }
    )
    hook = HookReceived(NODE, "connect", kept)
    assert taken(body) == Taken(hook, Reply(200, body))


@pytest.mark.parametrize(
    ("method", "verb", "body", "status", "message", "reason"),
    [
        ("connect", "GET", b"", 405, "hooks are posted", "not a POST"),
        ("x" * 65, "POST", b"{}", 404, "no such method", "a method name that no WCS sends"),
        ("stream\u00e9", "POST", b"{}", 404, "no such method", "a method name that no WCS sends"),
        ("connect", "POST", b"[]", 400, "the body is not a JSON object", None),
        ("connect", "POST", b"", 400, "the body is not JSON", None),
        (
            "connect",
            "POST",
            b'{"a":' + b"[" * 70 + b"]" * 70 + b"}",
            400,
            "the body nests too deep",
            "a body that nests too deep",
        ),
    ],
    ids=["verb", "long", "letters", "list", "nothing", "deep"],
)
def test_what_no_wcs_sends_is_refused(method, verb, body, status, message, reason):
    refused = take(
        Address(NODE, "t", method), request(body, method=verb), History().world, SEALER, 0
    )
    headers = Map({"allow": "POST"}) if status == 405 else Map()
    said = json.dumps({"error": message}).encode()
    assert refused == Refused(Reply(status, said, headers), reason or message)


def test_a_method_that_is_not_known_is_taken_all_the_same():
    assert isinstance(taken(b"{}", "SomethingNew"), Taken)


def keep_alive(status="PUBLISHING", media="s-1"):
    return json.dumps(dict(published(media, status=status))).encode()


def test_a_keep_alive_without_news_is_counted_and_answered():
    history = History().configure().publish("s-1")
    first = taken(keep_alive(), KEEP_ALIVE, history.world)
    assert isinstance(first, Taken)
    history.happen(first.hook)
    counted = Counted(first.hook, Reply(200, keep_alive()))
    assert taken(keep_alive(), KEEP_ALIVE, history.world, START_MS + 299_999) == counted
    assert isinstance(taken(keep_alive(), KEEP_ALIVE, history.world, START_MS + 300_000), Taken)
    other = taken(keep_alive(media="s-2"), KEEP_ALIVE, history.world)
    assert isinstance(other, Taken)


def test_a_keep_alive_of_a_publisher_that_is_not_known_is_news():
    history = History().configure().publish("s-1")
    history.hook(published("s-1"), KEEP_ALIVE).look("stream", began=history.began())
    assert isinstance(taken(keep_alive(), KEEP_ALIVE, history.world), Taken)
    outcome = taken(keep_alive("PLAYING"), KEEP_ALIVE, history.world)
    assert isinstance(outcome, Counted)
    assert outcome.reply == Reply(200, keep_alive("PLAYING"))
