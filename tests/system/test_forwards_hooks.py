"""A real daemon in front of a real application server."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar

import pytest

pytestmark = pytest.mark.slow

CONNECT = {"appKey": "defaultApp", "sessionId": "s-1"}


class Backend(BaseHTTPRequestHandler):
    """Lets sessions in and refuses streams; keeps what it was asked."""

    asked: ClassVar[list] = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append((self.path, body))
        is_connect = self.path.endswith("/connect")
        said = json.dumps({"restClientConfig": {"publishStream": {"restOnError": "FAIL"}}}).encode()
        self.send_response(200 if is_connect else 403)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_):
        """Say nothing."""


def test_an_application_server_answers_the_hooks_that_it_had(system):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Backend)
    Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/wcs"
    forward = [{"apps": ["defaultApp"], "url": url, "onError": "deny"}]
    system.configure(hooks={**system.values["hooks"], "forward": forward})
    system.emulate()
    system.run()
    status, said = system.hook(CONNECT, "connect")
    assert (status, json.loads(said)["restClientConfig"]) == (
        200, {"publishStream": {"restOnError": "FAIL"}},
    )  # fmt: skip
    assert system.hook(CONNECT | {"name": "show"}, "publishStream")[0] == 403
    assert system.hook(CONNECT | {"appKey": "other"}, "publishStream")[0] == 200
    server.shutdown()
    server.server_close()
    assert system.hook(CONNECT, "playStream")[0] == 403
    answered = [
        (one["subject"], one["data"]["method"], one["data"]["status"], one["data"]["decision"])
        for one in system.entries("HookAnswered")
    ]
    assert answered == [
        ("connection/s-1", "connect", 200, "forwarded"),
        ("stream/show", "publishStream", 403, "forwarded"),
        ("connection/s-1", "playStream", 403, "deny"),
    ]
    assert [path for path, _ in Backend.asked] == ["/wcs/connect", "/wcs/publishStream"]
    assert system.stop()[0] == 0
