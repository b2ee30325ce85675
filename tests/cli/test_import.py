"""`orchestrator import`: the document that it writes, and where secrets go."""

import stat

import pytest
from click.testing import CliRunner

from orchestrator.cli import import_ as module
from orchestrator.cli.main import orchestrator
from orchestrator.core.kind import LeftOut, Written
from orchestrator.core.mapping import Map
from orchestrator.daemon.importing import Imported
from orchestrator.kinds.mixer import Mixer
from orchestrator.kinds.mixer_inputs import Input
from orchestrator.kinds.pull import Pull
from orchestrator.kinds.recording import Recording
from orchestrator.kinds.transcoder import Encoder, Transcoder
from orchestrator.kinds.transponder import Transponder

KEY = "live-key"
ROWS = (
    Imported("pull", "camera", Written("", Pull(f"rtsp://u:{KEY}@10.0.0.5/main", "camera"))),
    Imported("pull", "pull rtmp://far.lan/live/…", LeftOut("somebody plays it")),
    Imported(
        "mixer",
        "show",
        Written(
            "",
            Mixer(
                "out",
                "mixer://show",
                (Input("a"), Input("b c", audio_level=5)),
                Map(mixerA=640, mixerB=f"http://u:{KEY}@h/x"),
            ),
        ),
    ),
    Imported(
        "transcoder",
        "t",
        Written("", Transcoder("show", "t", "transcoder://t", Encoder(640), has_audio=False)),
    ),
    Imported("transponder", "show-a", Written("", Transponder("show", f"rtmp://a/live/{KEY}"))),
    Imported("recording", "1e5", Written("", Recording("1e5"))),
)
DOCUMENT = """\
# What ran on wcs1 and was declared nowhere, written by `orchestrator import`.
# Loaded as it is, all of it is adopted without a call; when its lines go again, before the daemon
# had to start or change anything, it is let go and runs on.
# Its secrets are in FOLDER. In orchestrator.yaml, `secrets` names that folder:
#   secrets: {imported: {folder: "FOLDER"}}
defaults: {node: wcs1}

pulls:
  camera:
    uri: "${secret.imported/pull-camera}"  # rtsp://10.0.0.5/main/…
    localStreamName: camera

# mixers: the node does not list levels and labels of inputs: write them before one is made anew.
mixers:
  show:
    localStreamName: out
    uri: mixer://show
    inputs: [a, {streamName: "b c", audioLevel: 5}]
    parameters: {mixerA: 640, mixerB: "${secret.imported/mixer-show-parameters-mixerB}"}

transcoders:
  t:
    remoteStreamName: show
    localStreamName: t
    uri: transcoder://t
    encoder: {width: 640}
    hasAudio: false

# transponders: the node does not list rtmpTransponderFullUrl and rtmpFlashVersion: write them before one is made anew.
transponders:
  show-a:
    streamName: show
    rtmpUrl: "${secret.imported/transponder-show-a}"  # rtmp://a/live/…

# recordings: the node does not list fileTemplate and rotation: write them before one is made anew.
recordings:
  "1e5":
    streamName: "1e5"

# Left out:
#   pull pull rtmp://far.lan/live/…: somebody plays it
"""  # noqa: E501 - as it is written


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return what runs the command on a node that has these."""
    config = tmp_path / "orchestrator.yaml"
    config.write_text(
        "log: {path: log}\nstate: state\n"
        "nodes: {wcs1: {url: 'http://wcs1/rest-api', hookToken: t}, wcs2: {retired: true}}\n"
    )
    monkeypatch.setattr(module, "_rows", lambda *_: (ROWS, lambda value: f"{len(value):016x}"))

    def run(*arguments):
        result = CliRunner().invoke(
            orchestrator, ["import", "--config", str(config), *map(str, arguments)]
        )
        return result.exit_code, result.output

    return run


def test_it_writes_what_is_there_and_each_secret_into_a_file(run, tmp_path):
    file, folder = tmp_path / "wcs1.yaml", tmp_path / "keys"
    code, output = run("wcs1", "--write", file, "--secrets-out", folder)
    assert (code, output) == (0, "5 resources, 1 left out\n")
    assert file.read_text() == DOCUMENT.replace("FOLDER", str(folder))
    kept = {path.name: (path.read_text(), stat.S_IMODE(path.stat().st_mode))
            for path in folder.iterdir()}  # fmt: skip
    assert kept == {
        "pull-camera": (f"rtsp://u:{KEY}@10.0.0.5/main\n", 0o600),
        "mixer-show-parameters-mixerB": (f"http://u:{KEY}@h/x\n", 0o600),
        "transponder-show-a": (f"rtmp://a/live/{KEY}\n", 0o600),
    }
    assert run("wcs1", "--secrets-out", folder)[1].startswith(file.read_text())


def test_a_folder_that_is_configured_is_referred_to_by_its_name(run, tmp_path):
    config = tmp_path / "orchestrator.yaml"
    config.write_text(f"{config.read_text()}secrets: {{keys: {{folder: kept}}}}\n")
    output = run("wcs1", "--secrets-out", tmp_path / "kept")[1]
    assert "${secret.keys/pull-camera}" in output


def test_secrets_without_a_folder_are_refused_and_nothing_is_written(run, tmp_path):
    file = tmp_path / "wcs1.yaml"
    code, output = run("wcs1", "--write", file)
    assert (code, file.exists(), KEY in output) == (1, False, False)
    assert output.startswith("Error: 3 of these have keys or passwords in their addresses: give")


def test_nothing_that_is_there_is_overwritten(run, tmp_path):
    file, folder = tmp_path / "wcs1.yaml", tmp_path / "keys"
    file.write_text("{}\n")
    code, output = run("wcs1", "--write", file, "--secrets-out", folder)
    message = f"Error: {file} is there already: name a new file, or remove it\n"
    assert (code, output, folder.exists()) == (1, message, False)
    folder.mkdir()
    (folder / "pull-camera").write_text("other\n")
    code, output = run("wcs1", "--secrets-out", folder)
    message = f"Error: {folder}/pull-camera holds another secret: name another folder\n"
    assert (code, output) == (1, message)


@pytest.mark.parametrize("node", ["wcs2", "wcs9"])
def test_a_node_that_is_not_managed_is_refused(run, node):
    assert run(node) == (1, f"Error: {node}: no such node (configured: wcs1)\n")
