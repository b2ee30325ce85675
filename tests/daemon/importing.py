"""Importing what runs on a node, by the functions that `orchestrator import` uses."""

from orchestrator.cli.import_ import document
from orchestrator.cli.secret_files import SecretFiles
from orchestrator.daemon.importing import imported
from orchestrator.daemon.preview import Preview
from orchestrator.emulator.settings import Generation, Settings
from orchestrator.kinds.catalogue import KINDS
from orchestrator.shell.secrets import FromFolder
from orchestrator.shell.wcs import Endpoint, NodeClient
from tests.stage import Wire

KEY = "live-key-of-nobody-else"
FILE = "state/imported.yaml"
LASTING = {"vod_stream_timeout": 0.0, "mixer_idle_timeout": 0.0, "vod_duration_s": 1e6}


def settings(generation=Generation.Y2022, **more):
    """Return a build on which nothing ends by itself."""
    return Settings(generation=generation, **LASTING, **more)


async def looked(stage):
    """Return what is imported from the node now."""
    preview = Preview(stage.memory.world, KINDS, stage.now_ms())
    endpoint = Endpoint("wcs1", "http://wcs1/rest-api", "", call_s=10)
    client = NodeClient(endpoint, str, lambda: Wire(stage.servers["wcs1"]))
    return await imported(preview, client, "wcs1", stage.vault)


async def taken(stage, folder):
    """Return the document of what is there, and how many secrets it needs; they go to a folder."""
    secrets = SecretFiles("imported", folder / "secrets", stage.vault.seal)
    text = document("wcs1", await looked(stage), secrets)
    secrets.write()
    stage.vault.sources = {"imported": FromFolder(folder / "secrets")}
    return text, len(secrets.values)


def objects(stage):
    """Return all that there is on the node, streams and sessions included, by identity."""
    kept = stage.servers["wcs1"].objects.kept.values()
    return sorted(id(one) for things in kept for one in things.values())
