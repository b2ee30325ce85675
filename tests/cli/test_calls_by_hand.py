"""`orchestrator call`: what it sends, what it tells of methods, and what it refuses."""

from base64 import b64encode

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from orchestrator.cli import call as module
from orchestrator.cli.ask import Refused
from orchestrator.cli.main import orchestrator
from orchestrator.web.calls import METHODS

PNG = b"\x89PNG\r\n\x1a\n" + b"picture"


@pytest.fixture
def sent(monkeypatch):
    """Answer in the place of a daemon, and keep what it was asked."""
    bodies = []

    def answer(_config, verb, body):
        assert verb == "call"
        bodies.append((body["node"], body["method"], body["body"]))
        if body["node"] == "wcs9":
            raise Refused(404, "wcs9: no such node (managed: wcs1)")
        reply = {"data": b64encode(PNG).decode()} if "snapshot" in body["method"] else None
        reply = "no object" if body["body"].get("streamName") == "odd" else reply
        return {"status": 200, "reply": reply}

    monkeypatch.setattr(module, "change", answer)
    return bodies


def run(*arguments):
    result = CliRunner().invoke(orchestrator, ["call", "--config", "x.yaml", *arguments])
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        (["/call/send_dtmf", "callId=1", "dtmf=5"], {"callId": "1", "dtmf": "5"}),
        (["/vod/find", "localStreamName=[a"], {"localStreamName": "[a"}),
        (
            ["/vod/startup", "uri=vod-live://a?b=c", "localStreamName=true", "loop=true"],
            {"uri": "vod-live://a?b=c", "localStreamName": "true", "loop": True},
        ),
        (["/stream/terminate", "mediaSessionIds=a,b"], {"mediaSessionIds": ["a", "b"]}),
        (["/stream/terminate", 'mediaSessionIds=["a"]'], {"mediaSessionIds": ["a"]}),
        (
            ["/mixer/setAudioVideo", "uri=mixer://m", "streams=^a,b", "audioLevel=0"],
            {"uri": "mixer://m", "streams": "^a,b", "audioLevel": 0},
        ),
        (
            ["/mixer/set_parameter", "uri=mixer://m", "mixerA=1.5", "mixerB=b", "mixerC=[1]"],
            {"uri": "mixer://m", "mixerA": 1.5, "mixerB": "b", "mixerC": [1]},
        ),
        (["/push/find", "--json", '{"streamName": null}'], {"streamName": None}),
    ],
)
def test_values_get_the_form_that_the_method_wants(sent, arguments, body):
    assert run("wcs1", *arguments) == (0, "")
    assert sent == [("wcs1", arguments[0], body)]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["wcs9", "/push/find_all"], 1, "wcs9: no such node (managed: wcs1)"),
        (["wcs1", "/push/nothing"], 1, "/push/nothing: no such method; there are /push/find, "),
        (["wcs1", "/push/mute"], 1, "/push/mute needs mediaSessionId"),
        (["wcs1", "/pull/terminate"], 1, "/pull/terminate without a filter would end every"),
        (["wcs1", "/push/mute", "mediaSessionId"], 2, "'mediaSessionId' is not key=value"),
        (["wcs1", "/push/mute", "=a"], 2, "'=a' is not key=value"),
        (["wcs1", "/hls/startup", "name=a", "name=b"], 2, "name is given twice"),
        (["wcs1", "/push/find", "a=b", "--json", "{}"], 2, "give either key=value or --json"),
        (["wcs1", "/push/find", "--json", "[]"], 2, "--json is no object"),
        (["wcs1", "/push/find", "--json", "{"], 2, "--json is not JSON"),
        (["wcs1", "/push/find", "--output", "a.png"], 2, "--output is for /stream/snapshot; "),
        (["wcs1"], 2, "Missing argument 'METHOD'"),
        (
            ["wcs1", "/stream/snapshot", "streamName=odd", "--output", "a.png"],
            1,
            "/stream/snapshot answered no picture",
        ),
        (
            ["wcs1", "/stream/snapshot", "streamName=a", "--output", "/proc/none/a.png"],
            1,
            "/proc/none/a.png cannot be written: No such file or directory",
        ),
    ],
)
def test_what_cannot_be_done_is_told(sent, arguments, code, message):
    exit_code, output = run(*arguments)
    assert (exit_code, message in output) == (code, True), output


def test_a_snapshot_is_written_as_a_picture(sent, tmp_path):
    file = tmp_path / "show.png"
    arguments = ("wcs1", "/stream/snapshot", "streamName=show")
    assert run(*arguments, "--output", str(file)) == (0, f"{file}: 15 bytes\n")
    assert file.read_bytes() == PNG
    assert run(*arguments) == (0, f'{{"data": "{b64encode(PNG).decode()}"}}\n')


def test_all_methods_are_listed_a_line_each():
    code, output = run("--list")
    lines = output.splitlines()
    assert (code, [line.split()[0] for line in lines]) == (0, [one.path for one in METHODS])
    assert [line.split() for line in lines if line.startswith(("/push/startup", "/vod/find_"))] == [
        ["/push/startup", "streamName", "rtmpUrl", "[rtmpTransponderFullUrl]",
         "[rtmpFlashVersion]", "[options]"],
        ["/vod/find_all", "[R]"],
    ]  # fmt: skip


def test_the_help_of_a_method_tells_what_it_takes_and_refuses():
    assert run("wcs1", "/mixer/set_body_watermark", "--help") == (
        0,
        """\
Usage: orchestrator call NODE /mixer/set_body_watermark [key=value ...]

  Set the watermark of a mixer's picture.

Parameters:
  uri        text, required
  watermark  text, required
  ...        any other field that the node knows

Errors:
  400  bad field
  404  no such mixer
  500  anything else
""",
    )
    assert "It only reads." in run("wcs1", "/stream/find", "-h")[1]
    said = " ".join(run("-h", "wcs1", "/stream/terminate")[1].split())
    assert "Without any parameter it would end every stream of the node, and is refused." in said
    assert "--list" in run("--help")[1]


@pytest.mark.parametrize(
    ("arguments", "incomplete", "words"),
    [
        ([], "wcs", ["wcs1", "wcs2"]),
        (["wcs1"], "/hls", ["/hls/find_all", "/hls/startup", "/hls/terminate"]),
        (
            ["wcs1", "/push/sound_on", "soundFile=a"],
            "",
            ["mediaSessionId=", "loop="],
        ),
        (["wcs1", "/push/sound_on"], "loop=", ["loop=true", "loop=false"]),
        (["wcs1", "/push/sound_on"], "soundFile=", []),
        (["wcs1", "/nothing"], "", []),
    ],
)
def test_names_are_completed(tmp_path, arguments, incomplete, words):
    file = tmp_path / "orchestrator.yaml"
    nodes = {name: f"{{url: 'http://{name}/rest-api', hookToken: t-{name}}}" for name in NODES}
    lines = "".join(f"  {name}: {value}\n" for name, value in nodes.items())
    file.write_text(f"log: {{path: log}}\nstate: state\nnodes:\n{lines}")
    shell = ShellComplete(orchestrator, {}, "orchestrator", "_X")
    found = shell.get_completions(["call", "--config", str(file), *arguments], incomplete)
    assert [one.value for one in found] == words


NODES = ("wcs1", "wcs2", "other")


def test_no_node_is_completed_without_a_configuration(tmp_path):
    shell = ShellComplete(orchestrator, {}, "orchestrator", "_X")
    config = str(tmp_path / "none.yaml")
    assert shell.get_completions(["call", "--config", config], "") == []
