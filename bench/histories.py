"""Worlds and logs of any size, made for measures: one node, transponders that run, streams."""

from orchestrator.core.configuration import Configuration, Node
from orchestrator.core.document import ConfigurationLoaded, StateLoaded
from orchestrator.core.entry import Entry
from orchestrator.core.event import Adopted, DaemonStarted, HookReceived, Looked
from orchestrator.core.json import freeze
from orchestrator.core.look import LastLook
from orchestrator.core.mapping import Map
from orchestrator.core.project import project
from orchestrator.core.resource import Key, Place, Resource, Seen
from orchestrator.core.world import World
from orchestrator.kinds.catalogue import KINDS
from orchestrator.kinds.transponder import Transponder

NODE = "wcs1"
EPOCH_MS = 1_800_000_000_000


def events(count, streams):
    """Yield what makes `count` transponders of `streams` streams run and be ours."""
    yield DaemonStarted("0", 1)
    nodes = Map({NODE: Node()})
    yield ConfigurationLoaded(Configuration(nodes=nodes), Place("orchestrator.yaml", 1, 1))
    yield StateLoaded(tuple(line(number, streams) for number in range(count)))
    for number in range(streams):
        yield hook(number, "PUBLISHING")
    listed = tuple(KINDS["stream"].parse(body(number, "PUBLISHING")) for number in range(streams))
    yield Looked(NODE, "stream", listed)
    seen = tuple(thing(number, streams) for number in range(count))
    yield Looked(NODE, "transponder", seen)
    yield Looked(NODE, "recording")
    for number, one in enumerate(seen):
        yield Adopted(NODE, Key("transponder", f"t{number:06}"), one.natural, one.id)


def line(number, streams):
    """Return one declared transponder."""
    spec = Transponder(f"s{number % streams}", f"rtmp://h.lan/{number}")
    key = Key("transponder", f"t{number:06}")
    return Resource(key, spec, Place("state/a.yaml", number + 1, 1), node=NODE)


def thing(number, streams):
    """Return it as the node lists it."""
    name, url = f"rtmp_s{number % streams}", f"rtmp://h.lan/{number}"
    fields = {"streamName": name, "rtmpUrl": url, "muted": False, "soundEnabled": False}
    return Seen(f"{name} {url}", f"m-{number}", Map(fields))


def body(number, status, life=0):
    """Return a stream as hooks and lists tell of it."""
    return freeze(
        {
            "nodeId": "n@10.0.0.1", "appKey": "defaultApp", "sessionId": f"/10.0.0.2:{number}",
            "mediaSessionId": f"s-{number}-{life}", "name": f"s{number}", "published": True,
            "status": status, "hasVideo": True, "hasAudio": True, "mediaProvider": "WebRTC",
            "info": "x" * 300,
        }
    )  # fmt: skip


def hook(number, status, life=0):
    """Return a hook that tells of a stream."""
    return HookReceived(NODE, "StreamStatusEvent", body(number, status, life))


def world_of(count, streams):
    """Return the world in which all of that has happened, and looks that are fresh."""
    world = World()
    for number, event in enumerate(events(count, streams)):
        world = project(world, Entry(number + 1, EPOCH_MS, 0, "", event), KINDS)
    last = LastLook(world.position, EPOCH_MS, EPOCH_MS)
    return world, Map({(NODE, kind): last for kind in KINDS})
