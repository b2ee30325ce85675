"""Secrets are looked for as bytes, wherever the daemon may have left them.

Each canary is a text of its own that the daemon has had in its hands: from its sources, from
documents, from listings and hooks of strangers, from operators.
"""

import base64
import json
from urllib.parse import quote

from tests.system.system import System, eventually

CANARIES = {
    name: f"canary-{name}-{number:03}zq"
    for number, name in enumerate(
        """credential environment file rotated next-file password hook-token wrong-token
        declared-user declared-pass declared-key declared-query
        foreign-user foreign-pass foreign-key foreign-query
        operator-key operator-pass refused-key refused-pass
        hook-sip hook-auth hook-rtmp hook-custom hook-refused misplaced gone""".split()  # noqa: SIM905
    )
}


RETRY = {"first": "200ms", "max": "500ms", "parkAfter": 1000}


class Canaries(dict):
    __getattr__ = dict.__getitem__


c = Canaries({name.replace("-", "_"): text for name, text in CANARIES.items()})


def spellings(text):
    """Return the bytes in which a text may stand somewhere."""
    raw = text.encode()
    coded = base64.b64encode(f"orchestrator:{text}".encode())
    return {raw, quote(text, safe="").encode(), coded, raw.hex().encode(), base64.b64encode(raw)}


def found_in(places):
    """Return (canary, place) wherever one shows."""
    return [
        (name, place)
        for place, content in places.items()
        for name, text in CANARIES.items()
        if any(spelling in content for spelling in spellings(text))
    ]


def places(system):
    """Return all that the daemon and the commands have written or said."""
    kept = {f"log/{path.name}": path.read_bytes() for path in system.log.iterdir()}
    said = {path.name: path.read_bytes() for path in system.outputs if path.name.startswith("run-")}
    heard = {f"answer {i}: {text[:80]}": text.encode() for i, text in enumerate(system.heard)}
    return kept | said | heard


def prepared(folder):
    credentials = folder / "credentials"
    credentials.mkdir()
    (credentials / "youtube-key").write_text(c.credential)
    (folder / "file.key").write_text(f"{c.file}\n")
    system = System(
        folder,
        timing={"looks": {"transponders": "1s"}},
        secrets={
            "credential": {"credential": "youtube-key"},
            "environment": {"env": "CANARY"},
            "file": {"file": "file.key"},
            "password": {"env": "CANARY_PASSWORD"},
            "hooks": {"env": "CANARY_HOOKS"},
        },
    )
    system.values["hooks"]["sealed"] = ["custom.token"]
    system.values["nodes"]["wcs1"] |= {
        "username": "orchestrator",
        "password": "${secret.password}",
        "hookToken": "${secret.hooks}",
    }  # fmt: skip
    system.environment |= {
        "CREDENTIALS_DIRECTORY": str(credentials), "CANARY": c.environment,
        "CANARY_PASSWORD": c.password, "CANARY_HOOKS": c.hook_token,
    }  # fmt: skip
    system.configure()
    return system


def declared():
    query = f"rtmp://target.lan/live/{c.declared_key}?auth={c.declared_query}"
    return {
        "credential": ("show", "rtmp://target.lan/live2/${secret.credential}"),
        "environment": ("show", "rtmp://target.lan/live/x?key=${secret.environment}"),
        "file": ("show", "rtmp://user:${secret.file}@target.lan/live"),
        "literal": ("show", f"rtmp://{c.declared_user}:{c.declared_pass}@target.lan/live"),
        "query": ("show", query),
    }


def ask_all(system):
    """Ask every question, for programs and for people."""
    for form in ("json", "text"):
        for verb in (["get", "--foreign"], ["plan"], ["status"], ["events"]):
            system.command(*verb, "-o", form)


def test_no_secret_is_left_anywhere(tmp_path):
    with prepared(tmp_path) as system:
        system.declare(**declared())
        system.run()
        url = f"http://127.0.0.1:{system.hook_port}/hooks/{{node}}/{c.hook_token}"
        system.emulate("--user", f"orchestrator:{c.password}", hooks=url)
        system.publish("show")
        eventually(lambda: len(system.transponders()) == 5, 10)
        _foreign(system)
        _hooks(system)
        _operator(system)
        system.wait_phase(**dict.fromkeys(declared(), "Ready"))
        _rotation(system)
        _faults(system)
        _failures(system)
        ask_all(system)
        assert found_in(places(system)) == []
        assert system.stop()[0] == 0
        ask_all(system)
        assert found_in(places(system)) == []
        # Nothing was found; was it looked for where there is something?
        all_bytes = b"".join(places(system).values())
        assert b"rtmp://target.lan/live" in all_bytes
        assert b"rtmp://foreign.lan/live" in all_bytes
        emulated = (system.folder / "emulated.jsonl").read_bytes()
        seen = {name for name, text in CANARIES.items() if text.encode() in emulated}
        assert {"credential", "environment", "file", "next-file", "operator-key"} <= seen


def _foreign(system):
    for tail in (
        f"live/{c.foreign_key}",
        f"live/{c.foreign_key}?s={c.foreign_query}",
    ):
        system.pull(
            "push/startup",
            streamName="show",
            rtmpUrl=f"rtmp://{c.foreign_user}:{c.foreign_pass}@foreign.lan/{tail}",
        )
    eventually(lambda: "foreign.lan" in system.command("get", "--foreign", "-o", "json")[1], 10)


def _hooks(system):
    body = {
        "nodeId": "n@127.0.0.1", "appKey": "defaultApp", "sessionId": "s-1", "callId": "c-1",
        "mediaSessionId": "m-1", "name": "guest", "status": "UNPUBLISHED", "published": True,
        "sipPassword": c.hook_sip, "authToken": c.hook_auth,
        "rtmpUrl": f"rtmp://hook.lan/live/{c.hook_rtmp}",
        "info": f"cannot send to rtmp://u:{c.hook_rtmp}@hook.lan/live/{c.hook_rtmp}",
        "custom": {"token": c.hook_custom, "shown": "yes"},
    }  # fmt: skip
    for method in ("StreamStatusEvent", "ConnectionStatusEvent", "connect", "OnTranscoderEvent"):
        assert system.hook(body, method, token=c.hook_token)[0] == 200
    for answer in (
        system.hook(body, token=c.wrong_token),
        system.hook({"authToken": c.hook_refused}, node=c.hook_refused, token=c.hook_token),
        system.hook([c.hook_refused], token=c.hook_token),
        system.hook(body, method=f"x/{c.hook_refused}", token=c.wrong_token),
    ):
        system.heard.append(f"hook refused {answer}")
        assert answer[0] in {400, 403, 404}


def _operator(system):
    good = f"rtmp://op:{c.operator_pass}@operator.lan/live/{c.operator_key}"
    bad = f"rtmp://op:{c.refused_pass}@refused.lan:0/live/{c.refused_key}"
    fields = ("/push/startup", "streamName=show")
    assert system.command("call", "wcs1", *fields, f"rtmpUrl={good}")[0] == 0
    # The server's own words of refusal have the address in them.
    assert system.command("call", "wcs1", *fields, f"rtmpUrl={good}", "--reason", good)[0] == 1
    assert system.command("call", "wcs1", *fields, f"rtmpUrl={bad}")[0] == 1
    found = system.command("call", "wcs1", "/push/find", f"rtmpUrl={good}")
    assert found[0] == 0
    # The arguments themselves are the test's own words.
    system.heard = [text.partition("\n")[2] for text in system.heard]


def _rotation(system):
    (system.folder / "file.key").write_text(f"{c.next_file}\n")
    assert system.command("reload")[0] == 0
    address = f"rtmp://user:{c.next_file}@target.lan/live"
    eventually(lambda: ("show", address) in system.transponders(), 10)
    system.wait_phase(file="Ready")


def _faults(system):
    """Let secrets stand as values where none should be, so that messages might quote them."""
    (system.state / "bad.yaml").write_text(
        f"transponders:\n  t: {{streamName: s, rtmpUrl: {c.misplaced}, muted: {c.misplaced}}}\n"
        f"  u: {c.misplaced}\n  v: [{c.misplaced}]\n"
    )
    assert system.command("reload")[0] == 1
    (system.state / "bad.yaml").unlink()
    assert system.command("reload")[0] == 0


def _is_of(entry, type_, subject):
    return (entry["type"], entry["subject"]) == (type_, subject)


def _failures(system):
    """Let the node refuse and break, with addresses in its words."""
    bad = f"rtmp://u:{c.gone}@nowhere.lan/live/{c.gone}"
    system.pull("settings", unknown_hosts=["nowhere.lan"])
    system.declare(**declared(), gone={
        "streamName": "show", "rtmpUrl": bad, "retry": RETRY,
    })  # fmt: skip
    assert system.command("reload")[0] == 0
    refused = ("ActionFinished", "transponder/gone")
    eventually(lambda: any(_is_of(entry, *refused) for entry in system.entries(refused[0])), 10)
    for form in ("message", "text", "reason"):
        system.pull("settings", error_form=form)
        before = len(system.mutations())
        eventually(lambda before=before: len(system.mutations()) > before, 15)
    (system.folder / "file.key").unlink()
    assert system.command("reload")[0] in {0, 1}
    (system.folder / "file.key").write_text(f"{c.next_file}\n")


def test_the_search_finds_what_is_there():
    hidden = base64.b64encode(b"orchestrator:" + c.password.encode())
    hits = found_in({"a": b"x" + c.file.encode(), "b": hidden, "c": b"clean"})
    assert hits == [("file", "a"), ("password", "b")]
    assert json.dumps(CANARIES)
