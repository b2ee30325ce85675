"""What is read from bytes, without a socket."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.http import InetPeer, Request
from orchestrator.shell.listen.limits import Limits, Refused
from orchestrator.shell.listen.parse import Heard, Parser, Refusal

PEER = InetPeer("192.0.2.1", 4711)


def feed(*segments, limits=None):
    parser = Parser(limits or Limits(), PEER)
    return [heard for segment in segments for heard in parser.feed(segment)]


def request(method="GET", path="/", query="", headers=None, body=b""):
    return Request(method, path, query, headers or {"host": "h"}, body, PEER)


def get(target: bytes = b"/", *, more: bytes = b"") -> bytes:
    return b"GET " + target + b" HTTP/1.1\r\nHost: h\r\n" + more + b"\r\n"


STREAM = (
    get(b"/a%20b?q=%20")
    + b"POST /hooks/wcs1/t HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n"
    + b"X-A: 1\r\nX-A: 1\r\n\r\nhello"
    + b"POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    + b"3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: t\r\n\r\n"
    + get(b"/ws", more=b"Connection: upgrade\r\nUpgrade: websocket\r\n")
    + b"POST /h2c HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: h2c\r\n"
    + b"Content-Length: 2\r\n\r\nok"
    + b"\r\nHEAD / HTTP/1.0\r\nEmpty:\r\nEmpty:\r\nConnection: keep-alive\r\n\r\n"
    + get(b"http://h/abs?x", more=b"Connection: close\r\n")
    + b"what follows is not looked at"
)
REQUESTS = [
    Heard(request(path="/a b", query="q=%20"), keeps=True),
    Heard(
        request(
            "POST",
            "/hooks/wcs1/t",
            headers={"host": "h", "content-length": "5", "x-a": "1, 1"},
            body=b"hello",
        ),
        keeps=True,
    ),
    Heard(
        request("POST", "/c", headers={"host": "h", "transfer-encoding": "chunked"}, body=b"abcde"),
        keeps=True,
    ),
    Heard(
        request(path="/ws", headers={"host": "h", "connection": "upgrade"}),
        keeps=True,
    ),
    Heard(
        request(
            "POST",
            "/h2c",
            headers={
                "host": "h",
                "connection": "upgrade",
                "content-length": "2",
            },
            body=b"ok",
        ),
        keeps=True,
    ),
    Heard(request("HEAD", headers={"empty": ", ", "connection": "keep-alive"}), keeps=True),
    Heard(
        request(path="/abs", query="x", headers={"host": "h", "connection": "close"}), keeps=False
    ),
]


def test_one_segment_gives_all_its_requests_in_order():
    assert feed(STREAM) == REQUESTS


def test_bytes_may_come_one_by_one():
    assert feed(*(bytes([byte]) for byte in STREAM)) == REQUESTS


@given(st.lists(st.integers(0, len(STREAM)), max_size=30))
def test_any_splitting_gives_the_same_requests(cuts):
    edges = [0, *sorted(cuts), len(STREAM)]
    segments = [STREAM[a:b] for a, b in pairwise(edges)]
    assert feed(*segments) == REQUESTS


@given(st.lists(st.binary(max_size=200), max_size=10))
def test_no_bytes_crash_it(segments):
    for heard in feed(*segments):
        assert isinstance(heard, Heard | Refusal)


@given(st.data())
def test_no_damage_to_a_good_stream_crashes_it(data):
    damaged = bytearray(STREAM)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(damaged)))
    whole = feed(bytes(damaged))
    assert feed(bytes(damaged[:cut]), bytes(damaged[cut:])) == whole


CHUNKED = b"Transfer-Encoding: chunked\r\n"


@pytest.mark.parametrize(
    ("bytes_", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01", 400),  # TLS on a plain port
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505),
        (b"GET /\r\n\r\n", 505),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (get(more=b"Host: h\r\n"), 400),
        (get(more=b"Content-Length: 2\r\n" + CHUNKED), 400),
        (get(more=CHUNKED + b"Content-Length: 2\r\n"), 400),
        (get(more=b"Content-Length: 2\r\nContent-Length: 3\r\n"), 400),
        (get(more=b"Content-Length: 2\r\nContent-Length: 2\r\n"), 400),
        (get(more=b"Content-Length: -1\r\n"), 400),
        (get(more=b"Content-Length: 99999999999999999999999\r\n"), 400),
        (get(more=b"Transfer-Encoding: gzip, chunked\r\n"), 501),
        (b"POST / HTTP/1.0\r\n" + CHUNKED + b"\r\n0\r\n\r\n", 400),
        (get(more=CHUNKED) + b"zz\r\n", 400),
        (get(more=CHUNKED) + b"FFFFFFFFFFFFFFFFFFFF\r\n", 400),
        (get(more=b"A: b\r\n c\r\n"), 400),
        (get(more=b"A : b\r\n"), 400),
        (get(more=b"A: b\0\r\n"), 400),
        (b"GET / HTTP/1.1\nHost: h\n\n", 400),
        (b"CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n", 501),
        (get(b"/%ff"), 400),
        (get(b"/a#b"), 400),
        (get(more=b"Expect: the-unexpected\r\n"), 417),
    ],
)
def test_refuses_what_is_no_request(bytes_, status):
    (refusal,) = feed(bytes_)
    assert (refusal.status, refusal.reason) == (status, Refused.MALFORMED)


def test_a_request_before_a_fault_is_kept():
    good, bad = feed(get(b"/good") + b"nonsense\r\n\r\n")
    assert (good, bad.status) == (Heard(request(path="/good"), keeps=True), 400)


LIMITS = Limits(body_max_bytes=10, header_max_bytes=200, headers_max=5, target_max_bytes=20)
TOO_LARGE = [
    (get(b"/" + 20 * b"a"), 414),
    (get(more=b"A: " + 200 * b"a" + b"\r\n"), 431),
    (get(more=b"A: b\r\n" * 5), 431),
    (get(more=b"Content-Length: 11\r\n"), 413),
    (get(more=CHUNKED) + b"6\r\nabcdef\r\n5\r\nabcde\r\n0\r\n\r\n", 413),
    (get(more=CHUNKED) + b"1\r\na\r\n0\r\n" + b"T: t\r\n" * 5 + b"\r\n", 431),
]


@pytest.mark.parametrize(("bytes_", "status"), TOO_LARGE)
def test_refuses_what_is_too_large_however_it_comes(bytes_, status):
    (refusal,) = feed(bytes_, limits=LIMITS)
    assert (refusal.status, refusal.reason) == (status, Refused.TOO_LARGE)
    assert feed(*(bytes([byte]) for byte in bytes_), limits=LIMITS) == [refusal]


@pytest.mark.parametrize(
    "start", [b"GET / HTTP/1.1\r\nA: ", get(more=CHUNKED) + b"1;", b"", b"GET / HTTP/1.1\r\nA"]
)
def test_refuses_what_never_comes_to_an_end(start):
    endless = b"\r\n" * 512 if not start else b"a" * 1024
    parser = Parser(LIMITS, PEER)
    parser.feed(start)
    answers = [heard for _ in range(100) for heard in parser.feed(endless)]
    assert [refusal.status for refusal in answers] == [431]


def test_exactly_at_the_limits_is_taken():
    exact = get(b"/" + 19 * b"a", more=b"Content-Length: 10\r\n") + 10 * b"b"
    (heard,) = feed(exact, limits=LIMITS)
    assert heard.request.body == 10 * b"b"
