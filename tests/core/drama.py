"""A random history: a node that lies, forgets and fails, and a daemon that dies, act by act."""

from attrs import define, field

from orchestrator.core.action import Adopt, Create, Delete, Replace, Update
from orchestrator.core.concern import Everything, concern
from orchestrator.core.configuration import Deletes, Limits, Node, Policy, Retry
from orchestrator.core.event import (
    ClockStepped,
    DaemonStarted,
    DaemonStopped,
    NodeRestarted,
    OperatorAsked,
    PlanApproved,
)
from orchestrator.core.look import silence
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.plan import AWAITING, plan
from orchestrator.core.project import project
from orchestrator.core.resource import OnChange, OnRemove
from orchestrator.kinds.catalogue import KINDS
from orchestrator.web.orders import LASTING, Ordered, ordered
from tests.core.history import NODE, URL, History, line, listed, published

STREAMS = ("show", "a", "rtmp_a")
NAMES = ("one", "two", "three", "four")
LIMITS = Limits(Deletes(per_change=2, percent=50, above=3, per_hour=6), interrupts_per_change=1)
STEPS = Adopt | Create | Update | Replace | Delete


@define
class Drama:
    """The history, what is really on the node, and what a daemon remembers of its verdicts."""

    history: History = field(factory=History)
    streams: dict = field(factory=dict)
    things: dict = field(factory=dict)
    under_way: list = field(factory=list)
    looking: list = field(factory=list)
    count: int = 0
    folded: int = 0
    world: object = None
    verdicts: dict = field(factory=dict)
    concerned: set = field(factory=set)
    is_all: bool = True

    def new(self):
        self.count += 1
        return f"m{self.count}"

    def publish(self, n):
        media = self.new()
        self.streams[media] = STREAMS[n % 3]
        if n < 6:
            self.history.publish(media, STREAMS[n % 3])

    def unpublish(self, n):
        if self.streams:
            media = sorted(self.streams)[n % len(self.streams)]
            name = self.streams.pop(media)
            if name not in self.streams.values():
                self.things = {m: t for m, t in self.things.items() if t[0] != f"rtmp_{name}"}
            if n < 6:
                self.history.unpublish(media)

    def late_hook(self, n):
        self.history.publish(f"m{n}", STREAMS[n % 3])

    def vanish(self, n):
        if self.things:
            del self.things[sorted(self.things)[n % len(self.things)]]

    def stranger(self, n):
        self.things[self.new()] = (f"rtmp_{STREAMS[n % 3]}", URL, n > 5)

    def items(self, kind):
        if kind == "stream":
            return tuple(published(media, name) for media, name in sorted(self.streams.items()))
        return tuple(
            listed(media, name, url, muted=muted)
            for media, (name, url, muted) in sorted(self.things.items())
        )

    def look(self, n):
        kind = ("stream", "transponder")[n % 2]
        lie = () if n == 7 else self.items(kind)
        self.history.look(kind, *lie)
        self.awaited(kind)

    def begin_look(self, n):
        kind = ("stream", "transponder")[n % 2]
        self.looking.append((kind, self.items(kind), self.history.began()))

    def end_look(self, _):
        if self.looking:
            kind, items, began = self.looking.pop(0)
            last = self.history.looks.get((NODE, kind))
            if last is None or last.position <= began.position:  # looks of a kind never overlap
                self.history.look(kind, *items, began=began)
                self.awaited(kind)

    def fail_look(self, n):
        kind = ("stream", "transponder")[n % 2]
        self.history.look_failed(kind)
        self.awaited(kind)
        lost = silence(self.history.world, NODE, KINDS, self.history.looks, self.history.now_ms)
        if lost:
            self.history.happen(lost)

    def act(self, n):
        steps = self.history.steps()
        if steps and not self.history.world.node(NODE).retired:
            step = self.history.start(sorted(steps)[n % len(steps)])
            if not isinstance(step, Adopt):
                self.under_way.append(step)

    def answer(self, n):
        if not self.under_way:
            return
        step = self.under_way.pop(n % len(self.under_way))
        if n == 7:
            self.history.fail(step, reached=False)
            return
        made = self.carry_out(step) if n < 5 else ""
        if n in (4, 6):
            self.history.fail(step, reached=True)
        elif n == 5:
            self.history.finish(step, (409, 500, 404)[self.count % 3], error="no")
        else:
            self.history.finish(step, 200, made if n < 3 else "")

    def carry_out(self, step):
        if isinstance(step, Create):
            media, body = self.new(), step.call.body
            muted = "options" in body
            self.things[media] = (f"rtmp_{body['streamName']}", body["rtmpUrl"], muted)
            return media
        if isinstance(step, Update) and step.id in self.things:
            name, url, _ = self.things[step.id]
            self.things[step.id] = (name, url, step.call.path == "/push/mute")
        if isinstance(step, Replace | Delete):
            self.things.pop(step.id, None)
        return ""

    def declare(self, n):
        stream, more = STREAMS[n % 3], {}
        if n > 4:
            more = {"protect": n == 5, "enabled": n != 6, "muted": n == 7}
        self.history.load(line(NAMES[n % 4], stream, URL, **more))

    def declare_elsewhere(self, n):
        change = OnChange.HOLD if n % 2 else OnChange.REPLACE
        remove = OnRemove.KEEP if n == 7 else OnRemove.TERMINATE
        policy = Policy.OBSERVE if n == 6 else Policy.MANAGE
        self.history.load(
            line(
                NAMES[n % 4], STREAMS[n % 3], f"{URL}{n % 4}", on_change=change,
                on_remove=remove, policy=policy,
                nodes=Map({"role": "edge"}) if n < 3 else EMPTY,
            )
        )  # fmt: skip

    def remove(self, n):
        names = NAMES[: n % 4 + 1]
        self.history.load(removed=names)

    def configure(self, n):
        labels = Map({"role": "edge"}) if n < 4 else EMPTY
        node = Node(labels, Policy.OBSERVE if n == 7 else Policy.MANAGE, retired=n == 6)
        retry = Retry(park_after=2 + n)
        self.history.configure({NODE: node}, limits=LIMITS, retry=retry)

    def approve(self, _):
        for hold in sorted(self.history.world.holds):
            self.history.happen(PlanApproved(hold))

    def order(self, n):
        """Have an operator order something for one line, for a while, or for the node."""
        verb = ("stop", "start", "pause", "resume", "restart", "adopt", "forget", "pause")[n]
        name = "node/wcs1" if n == 7 else NAMES[self.count % 4]
        lasting = verb in LASTING and self.count % 2
        body = {"names": [name], "forMs": 20_000 if lasting else 0}
        history = self.history
        found = ordered(verb, body, history.world, KINDS, history.now_ms)
        if isinstance(found, Ordered):
            history.happen(OperatorAsked(found.verb, found.arguments), *found.events)

    def wait(self, n):
        self.history.wait((1, 100, 1_000, 1_100, 5_000, 16_000, 61_000, 3_600_000)[n])

    def clock_steps(self, n):
        by_ms = (n - 3) * 60_000
        self.history.wait(max(by_ms, 0)).happen(ClockStepped(by_ms))

    def restart_daemon(self, n):
        if n % 2:
            self.history.happen(DaemonStopped("asked to"))
        self.under_way, self.looking = [], []
        self.history.looks = Map()
        self.is_all = True
        self.history.happen(DaemonStarted("0", n))

    def restart_node(self, n):
        self.streams, self.things = {}, {}
        if n == 0:
            self.history.happen(NodeRestarted(NODE, "it forgot"))

    def awaited(self, kind):
        self.concerned |= {
            placement
            for placement, verdict in self.verdicts.items()
            if placement.key.kind == kind and verdict.reason in AWAITING
        }

    def follow(self):
        """Fold what happened since, as a daemon does, keeping what it concerns."""
        world = self.world
        for entry in self.history.entries[self.folded :]:
            before, world = world, project(world, entry, KINDS)
            match concern(before, world, entry, KINDS):
                case Everything():
                    self.is_all = True
                case placements:
                    self.concerned |= placements
        self.world, self.folded = world, len(self.history.entries)

    def plan_concerned(self):
        """Plan what is concerned or due; return the steps that this and earlier verdicts want."""
        self.follow()
        now_ms, world = self.history.now_ms, self.history.world
        everything = set(world.placements_on(NODE))
        due = {p for p, v in self.verdicts.items() if v.wake_ms <= now_ms or not_held(v)}
        again = (everything if self.is_all else self.concerned) | due
        planned = plan(world, NODE, again, KINDS, self.history.looks, now_ms)
        self.verdicts |= {verdict.placement: verdict for verdict in planned.verdicts}
        self.concerned, self.is_all = set(), False
        return {p: v.next for p, v in self.verdicts.items() if not_held(v)}


def not_held(verdict):
    """Return whether a verdict wants a step: a daemon takes it, and looks again after it."""
    return isinstance(verdict.next, STEPS)


ACTS = (
    "publish",
    "unpublish",
    "late_hook",
    "vanish",
    "stranger",
    "look",
    "begin_look",
    "end_look",
    "fail_look",
    "act",
    "answer",
    "declare",
    "declare_elsewhere",
    "remove",
    "configure",
    "approve",
    "order",
    "wait",
    "clock_steps",
    "restart_daemon",
    "restart_node",
)


def opened():
    """Return a drama whose daemon has a configuration and four lines."""
    drama = Drama()
    drama.world = drama.history.world
    drama.configure(0)
    for n in range(4):
        drama.declare(n)
    return drama


def played(acts):
    """Return a drama after acts, each a name and a number below eight."""
    drama = opened()
    for name, n in acts:
        getattr(drama, name)(n)
    return drama
