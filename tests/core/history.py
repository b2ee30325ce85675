"""A history told event by event, with what a daemon would do between them; no clock and no IO."""

from attrs import define, evolve, field

from orchestrator.core.action import Adopt, Create, Update, name_of
from orchestrator.core.configuration import Configuration, Node
from orchestrator.core.document import ConfigurationLoaded, Moved, StateLoaded
from orchestrator.core.entry import Entry
from orchestrator.core.event import (
    ActionFailed,
    ActionFinished,
    ActionStarted,
    Adopted,
    HookReceived,
)
from orchestrator.core.json import freeze
from orchestrator.core.limits import judge
from orchestrator.core.look import Glance, LastLook, news
from orchestrator.core.mapping import Map
from orchestrator.core.plan import plan
from orchestrator.core.project import project
from orchestrator.core.resource import Key, Place, Placement, Resource
from orchestrator.core.rest import Listing
from orchestrator.core.world import World
from orchestrator.kinds.catalogue import KINDS
from orchestrator.kinds.transponder import Transponder

URL = "rtmp://target.lan/live"
NODE = "wcs1"
START_MS = 1_000_000


def key(name):
    return Key("transponder", name)


def at(name, node=NODE):
    return Placement(node, key(name))


def line(name, stream="show", url=URL, node=NODE, **more):
    """Return a declared transponder; what its spec does not know is common to all kinds."""
    inner = ("rtmp_transponder_full_url", "rtmp_flash_version", "muted", "sound")
    own = {field: more.pop(field) for field in inner if field in more}
    spec = Transponder(stream, url, **own)
    return Resource(key(name), spec, Place("state/a.yaml", 1, 1), node=node, **more)


def listed(media, stream="rtmp_show", url=URL, **more):
    """Return a transponder as a node lists it."""
    item = {"mediaSessionId": media, "streamName": stream, "rtmpUrl": url, "muted": False}
    return freeze({**item, "soundEnabled": False, **more})


def published(media, name="show", **more):
    """Return a stream as a node lists it, and as it speaks of it in a hook."""
    item = {"mediaSessionId": media, "name": name, "status": "PUBLISHING", "published": True}
    return freeze({**item, **more})


@define
class History:
    """The world so far. `entries` are all that was folded, in order."""

    world: World = field(factory=World)
    entries: list = field(factory=list)
    looks: Map = field(factory=Map)
    now_ms: int = START_MS

    def wait(self, ms):
        self.now_ms += ms
        return self

    def happen(self, *events, cause=0):
        for event in events:
            entry = Entry(self.world.position + 1, self.now_ms, cause, "test", event)
            self.entries.append(entry)
            self.world = project(self.world, entry, KINDS)
        return self

    def configure(self, nodes=(NODE,), **more):
        """Load a configuration; `nodes` are names, or nodes by name."""
        by_name = nodes if isinstance(nodes, dict) else dict.fromkeys(nodes, Node())
        configuration = Configuration(nodes=Map(by_name), **more)
        return self._judged(ConfigurationLoaded(configuration, Place("orchestrator.yaml", 1, 1)))

    def load(self, *resources, removed=()):
        """Load a change of documents, and hold back what has to be."""
        return self.change(resources, map(key, removed))

    def change(self, resources, removed=(), moved=()):
        """Load lines of any kinds; take lines away by their keys; `moved` are (old, new) keys."""
        names = tuple(Moved(*keys) for keys in moved)
        return self._judged(StateLoaded(tuple(resources), tuple(removed), moved=names))

    def _judged(self, event):
        before = self.world
        self.happen(event)
        return self.happen(*judge(before, self.world, KINDS))

    def hook(self, body, method="StreamStatusEvent", node=NODE):
        return self.happen(HookReceived(node, method, body))

    def publish(self, media="s-1", name="show", node=NODE):
        return self.hook(published(media, name), node=node)

    def unpublish(self, media="s-1", node=NODE):
        return self.hook(published(media, status="UNPUBLISHED"), node=node)

    def began(self):
        """Return a look that begins now."""
        return LastLook(self.world.position, self.now_ms, self.now_ms)

    def look(self, kind, *items, began=None, node=NODE):
        """Look, and append what is news; return that."""
        began = began or self.began()
        glance = Glance(node, kind, Listing(items), began, self.now_ms, self.looks)
        events = news(self.world, glance, KINDS)
        self.happen(*events)
        self.looks = self.looks.set((node, kind), began)
        return events

    def looked(self, *items, streams=(), node=NODE):
        """Look at streams, then at transponders; there is nothing else."""
        self.look("stream", *streams, node=node)
        self.look("transponder", *items, node=node)
        self.look("recording", node=node)
        return self

    def look_failed(self, kind, error="no answer", node=NODE):
        last = self.looks.get((node, kind), LastLook())
        failed = evolve(
            last, tried_ms=self.now_ms, failing_ms=last.failing_ms or self.now_ms,
            failures=last.failures + 1, error=error,
        )  # fmt: skip
        self.looks = self.looks.set((node, kind), failed)
        return self

    def planned(self, node=NODE):
        places = self.world.placements_on(node)
        return plan(self.world, node, places, KINDS, self.looks, self.now_ms)

    def verdicts(self, node=NODE):
        return {one.placement.key.name: one for one in self.planned(node).verdicts}

    def phases(self, node=NODE):
        """Return name → (phase, reason)."""
        verdicts = self.verdicts(node)
        return {name: (one.phase.value, one.reason) for name, one in verdicts.items()}

    def steps(self, node=NODE):
        """Return name → step, for what is to be done now."""
        held = {one.placement.key.name: one.next for one in self.planned(node).verdicts}
        return {name: step for name, step in held.items() if hasattr(step, "cause")}

    def start(self, name, node=NODE):
        """Take the step that is due for a name; return it."""
        step = self.steps(node)[name]
        place = (step.placement.node, step.placement.key)
        if isinstance(step, Adopt):
            self.happen(Adopted(*place, step.natural, step.id))
            return step
        target = ("", "") if isinstance(step, Create) else (step.natural, step.id)
        sent = step.sent if isinstance(step, Create | Update) else Map()
        path, body, seen = step.call.path, Map(step.call.body), self.world.position
        self.happen(ActionStarted(*place, name_of(step), path, body, seen, *target, sent))
        return step

    def finish(self, step, status=200, made="", error=""):
        place = (step.placement.node, step.placement.key)
        path = step.call.path
        return self.happen(
            ActionFinished(*place, name_of(step), path, status, None, made, error)
        )  # fmt: skip

    def fail(self, step, *, reached, error="no answer", withdrawn=False):
        said = (name_of(step), step.call.path, error, reached, withdrawn)
        return self.happen(ActionFailed(step.placement.node, step.placement.key, *said))

    def withdraw(self, name):
        """Have the step that is due for a name begin, and not be due once it may leave."""
        return self.fail(self.start(name), reached=False, withdrawn=True)

    def act(self, name, status=200, made="", error="", node=NODE):
        """Take the step that is due and have it answered; return it."""
        step = self.start(name, node)
        if not isinstance(step, Adopt):
            self.finish(step, status, made, error)
        return step

    def owners(self, node=NODE):
        """Return server-made id → (owner's name or None) of the transponders that were seen."""
        things = self.world.things(node, "transponder").values()
        return {one.seen.id: one.owner.key.name if one.owner else None for one in things}


def begun(*resources, **configuration):
    """Return a history with lines loaded, the stream `show` published, and nothing else there."""
    history = History().configure(**configuration).load(*resources).publish()
    return history.looked(streams=(published("s-1"),))


def running(*resources, **configuration):
    """Return a history in which every line has its transponder, made by us: id `m-NAME`."""
    history = begun(*resources, **configuration)
    for one in resources:
        history.act(one.key.name, made=f"m-{one.key.name}")
    history.wait(1_000)
    history.look("transponder", *shown(*resources))
    return history


def shown(*resources):
    """Return how a node lists what our creates made."""
    return tuple(
        listed(f"m-{one.key.name}", f"rtmp_{one.spec.stream_name}", one.spec.rtmp_url)
        for one in resources
    )
