"""P7: what one hook costs (fold, what it concerns, the plan of that) as the world grows.

And what one more stream costs that a rule wants something for, with those before it on 20 nodes:
also what it stirs, the rule asked, and the fold and the plan of what it wants.
"""

import time
from statistics import median

from bench.histories import EPOCH_MS, NODE, hook, world_of
from bench.result import Result, spread
from orchestrator.core.concern import concern
from orchestrator.core.configuration import Configuration, Node
from orchestrator.core.document import ConfigurationLoaded, RulesLoaded
from orchestrator.core.entry import Entry
from orchestrator.core.event import HookReceived
from orchestrator.core.ground import Ground
from orchestrator.core.json import freeze_object
from orchestrator.core.mapping import Map
from orchestrator.core.plan import plan
from orchestrator.core.project import project
from orchestrator.core.resource import Place, Placement
from orchestrator.core.rule import Each, Subject
from orchestrator.core.stir import stirred
from orchestrator.core.world import World
from orchestrator.daemon.asking import deriver_of
from orchestrator.kinds.catalogue import KINDS
from orchestrator.shell.secrets import Vault

ABOUT = __doc__
GOAL = "with 100,000 resources at most 1.3 times what it costs with 1,000"
RUNS, HOOKS, MORE = 7, 400, 100
DERIVER = deriver_of(Vault(b"bench"), KINDS)
TEMPLATE = freeze_object(
    {
        "transponders": {
            "t-${stream.name}": {"streamName": "${stream.name}", "rtmpUrl": "rtmp://h/l"}
        }
    }
)


def measure():
    """Return microseconds a hook, each of which ten resources read the stream of."""
    costs = {}
    worlds = {count: world_of(count, count // 10) for count in (1_000, 100_000)}
    for _ in range(RUNS):
        for count, (world, looks) in worlds.items():
            costs.setdefault(count, []).append(cost(world, looks) * 1e6)
    ruled = {}
    crowds = {count: crowd(count) for count in (1_000, 10_000)}
    for _ in range(RUNS):
        for count, world in crowds.items():
            ruled.setdefault(count, []).append(cost_of_one_more(world) * 1e6)
    ratio = median(costs[100_000]) / median(costs[1_000])
    ratio_ruled = median(ruled[10_000]) / median(ruled[1_000])
    rows = (
        *((f"a hook with {count:,} resources", spread(costs[count], " µs")) for count in costs),
        ("ratio", f"{ratio:.2f}"),
        *((f"one more of {count:,} streams for a rule", spread(ruled[count], " µs"))
          for count in ruled),
        ("ratio", f"{ratio_ruled:.2f}"),
    )  # fmt: skip
    return Result(GOAL, rows, max(ratio, ratio_ruled) <= 1.3)


def crowd(count):
    """Return a world in which a rule wants a transponder for each of that many streams."""
    names = [f"wcs{number}" for number in range(20)]
    nodes = Map({name: Node() for name in names})
    place = Place("rules/a.yaml", 1, 1)
    world = World()
    for event in (
        ConfigurationLoaded(Configuration(nodes=nodes), place),
        RulesLoaded((Each("r", place, Subject.STREAM, TEMPLATE, "stream.published"),)),
    ):
        world = _after(world, event)
    for number in range(count):
        world, _ = one_more(world, names[number % 20], number)
    return world


def cost_of_one_more(world):
    """Return seconds for a stream that comes, what a rule wants for it, and the plan of that."""
    began = time.perf_counter()
    for number in range(MORE):
        world, event = one_more(world, "wcs0", f"more-{number}")
        placements = [Placement("wcs0", item.key) for item in event.items]
        plan(world, "wcs0", placements, KINDS, Map(), EPOCH_MS)
    return (time.perf_counter() - began) / MORE


def one_more(world, node, name):
    """Return the world with one more stream and what the rule wants for it, and that."""
    body = {"mediaSessionId": f"s-{name}", "name": f"n{name}", "status": "PUBLISHING"}
    event = HookReceived(node, "StreamStatusEvent", freeze_object(body))
    before, entry = world, Entry(world.position + 1, EPOCH_MS, 0, node, event)
    world = project(before, entry, KINDS)
    concern(before, world, entry, KINDS)
    (subject,) = stirred(before, world, entry, KINDS)
    ground = Ground("r", node, subject.each, subject.natural)
    ensured = DERIVER.derived(world, ground, EPOCH_MS)
    return _after(world, ensured), ensured


def _after(world, event):
    before, entry = world, Entry(world.position + 1, EPOCH_MS, 0, "", event)
    world = project(before, entry, KINDS)
    concern(before, world, entry, KINDS)
    return world


def cost(world, looks):
    """Return seconds for a hook: streams that end and come back, each read by ten."""
    began = time.perf_counter()
    for number in range(HOOKS):
        status = "UNPUBLISHED" if number % 2 else "PUBLISHING"
        event = hook(number // 2 % 100, status, number % 2 and number // 2)
        before = world
        entry = Entry(before.position + 1, EPOCH_MS + number, 0, NODE, event)
        world = project(before, entry, KINDS)
        concerned = concern(before, world, entry, KINDS)
        plan(world, NODE, concerned, KINDS, looks, EPOCH_MS + number)
    return (time.perf_counter() - began) / HOOKS
