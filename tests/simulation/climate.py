"""What one seed is like before anything happens: nodes, builds, timing, limits, and how wild it is.

All of it is drawn from the seed, first of all, so that it can be told from the seed alone.
"""

from random import Random

from attrs import evolve, frozen

from orchestrator.core.configuration import Deletes, Limits, Node, Recorder, Timing
from orchestrator.core.mapping import Map
from orchestrator.emulator.settings import ErrorForm, FindsName, Generation, Unpublished
from orchestrator.emulator.settings import Settings as Build

STREAMS = ("a", "b", "c", "d")
TARGETS = tuple(f"rtmp://target.lan/live{number}" for number in range(4))
GAPS_S = (0.0, 0.01, 0.3, 1, 2, 5, 10, 40, 120)

MOODS = {
    "": {},
    "any": {},
    "failing": {
        **dict.fromkeys(("clear_up", "garble", "edit", "purge", "configure", "restart", "hang"), 0),
        **dict.fromkeys(("order", "spoil_disk", "drop", "vanish_stream", "unpublish"), 0),
        "publish": 0,  # a new stream is a reason for a new try
        "kill": 8,
        "faults": 3,
        "foreign_change": 3,
        "vanish_transponder": 3,
    },
    "strangers": {
        **dict.fromkeys(("fight", "garble", "hang"), 0),
        **dict.fromkeys(("foreign_create", "foreign_change", "vanish_transponder", "publish"), 6),
    },
    "busy": {
        **dict.fromkeys(("garble", "fight", "hang", "drop", "vanish_stream", "unpublish"), 0),
        **dict.fromkeys(("faults", "restart"), 1),
        **dict.fromkeys(("edit", "clear_up", "purge"), 6),
        "approve": 16,
        "kill": 2,
    },
    "late": {
        **dict.fromkeys(("clear_up", "restart", "hang", "vanish_stream", "fight", "purge"), 0),
        **dict.fromkeys(("publish", "drop"), 2),
        **dict.fromkeys(("unpublish", "faults"), 5),
    },
    "purging": {
        **dict.fromkeys(("kill", "edit"), 6),
        **dict.fromkeys(("garble", "fight"), 0),
        "purge": 4,
        "publish": 8,
        "approve": 3,
    },
}
"""What happens more often, or never, in some seeds; in the others all is left to chance."""

STARTING = ("/push/startup", "/recorder/startup", "/stream/startRecording")
FULL = ("busy", "failing")  # moods that begin with many lines, and with every stream published
SPOILT = {
    "failing": {
        "rest_groups": STARTING,
        "rest_fails": 0.9,
        **dict.fromkeys(("transponder_life_s", "recording_life_s"), 0),
    },
    "late": {
        **dict.fromkeys(("hooks_doubled", "hooks_delayed"), 0.5),
        **dict.fromkeys(("hooks_lost", "hooks_reordered", "hooks_lying"), 0),
        "hooks_copies": 4,
        "hooks_late_s": 300,
    },
}
"""What faults are like in some seeds, whatever is drawn: starts refused until they are parked, or
hooks that tell of a stream after its end."""


@frozen
class Climate:
    """All that stays as it is for one seed."""

    seed: int
    steps: int
    nodes: tuple[str, ...]
    builds: dict[str, Build]
    node_values: dict[str, Node]
    timing: Timing
    limits: Limits
    segment_max: int
    mood: str
    weights: dict[str, int]
    is_calm_at_hooks: bool
    """Whether hooks never lie here: what a lie may excuse is judged strictly then."""
    is_studio: bool = False
    """Whether every kind is declared here (`studio`)."""

    def weight(self, act: str) -> int:
        """Return how often an act happens here, compared with the others of its sort."""
        drawn = Random(f"{self.seed} {act}").choice((0, 1, 1, 1, 3))
        return self.weights.get(act, drawn)


def climate_of(seed: int) -> Climate:
    """Return the climate of a seed."""
    draw = Random(f"climate {seed}")
    mood = draw.choice(("", "any", "failing", "purging"))
    mood = {2: "busy", 3: "late", 9: "strangers"}.get(seed % 10, mood)
    nodes = ("wcs1", "wcs2")[: draw.choice((1, 1, 2))]
    builds = {node: build_of(draw) for node in nodes}
    if mood == "strangers":  # who may come before the stream that is waited for
        waits = Unpublished.WAITS
        builds = {node: evolve(build, unpublished=waits) for node, build in builds.items()}
    tight = Deletes(per_change=2, percent=90, above=20, per_hour=3)
    deletes = tight if mood in ("busy", "purging") else draw.choice((Deletes(), tight))
    return Climate(
        seed=seed,
        steps=draw.choice((80, 120, 160)),
        nodes=nodes,
        builds=builds,
        node_values={node: node_of(draw, builds[node]) for node in nodes},
        timing=Timing(
            resync_ms=30_000,
            looks_ms=Map({"transponders": draw.choice((5_000, 15_000, 30_000))}),
        ),
        limits=Limits(deletes, interrupts_per_change=draw.choice((1, 5))),
        mood=mood,
        weights=MOODS[mood],
        segment_max=draw.choice((100, 10_000)),
        is_calm_at_hooks=draw.random() < 0.4,
    )


def build_of(draw: Random) -> Build:
    return Build(
        generation=draw.choice(tuple(Generation)),
        error_form=draw.choice(tuple(ErrorForm)),
        none_is_404=draw.random() < 0.7,
        bare_object=draw.random() < 0.2,
        booleans_as_strings=draw.random() < 0.2,
        prefix=draw.choice(("rtmp_", "rtmp_", "")),
        unpublished=draw.choice(tuple(Unpublished)),
        finds_name=draw.choice(tuple(FindsName)),
        terminate_s=draw.choice((0.0, 0.2, 3.0)),
        source_end_s=draw.choice((0.0, 1.0, 8.0)),
        has_recorder=draw.random() < 0.7,
        renews_node_id=draw.random() < 0.3,
        keep_alive_streaming_sessions_enabled=draw.random() < 0.5,
        streaming_sessions_keep_alive_interval=draw.choice((30.0, 60.0)),
    )


def node_of(draw: Random, build: Build) -> Node:
    is_old = not build.has_recorder or draw.random() < 0.2
    return Node(recorder=Recorder.STREAM if is_old else Recorder.RECORDER)
