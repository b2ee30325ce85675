"""A studio: a seed whose people declare every kind, on two nodes or three.

Seeds from `STUDIOS` on are studios; those below it declare transponders and recordings only, and
go on finding what they have found. What is drawn here is drawn apart from the rest of a climate.
"""

from random import Random

from attrs import evolve

from orchestrator.core.mapping import Map
from orchestrator.emulator.settings import NameTaken, Unpublished
from tests.simulation.climate import MOODS, SPOILT, build_of, climate_of, node_of

STUDIOS = 1_000_000
FOR_EVER_S = 10.0**6
CALLEES = {"1002": "BUSY", "1003": "RING", "1004": "FAILED"}
AGENTS = ("mixer", "rtmp-pull", "pull", "webrtc-push", "rtsp", "transcoder", "vod", "call")
GROUPS = (
    *("/push/", "/stream/", "/recorder/", "/pull/", "/pull/rtmp/", "/rtsp/", "/mixer/"),
    *("/transcoder/", "/vod/", "/call/", "/stream/inject/", "/stream/find_all"),
)
STARTING = (
    *("/push/startup", "/recorder/startup", "/stream/startRecording", "/pull/pull", "/pull/push"),
    *("/pull/rtmp/pull", "/rtsp/startup", "/mixer/startup", "/mixer/add", "/transcoder/startup"),
    *("/vod/startup", "/call/startup", "/stream/inject/startup"),
)
SPOILT_HERE = {
    "failing": {**SPOILT["failing"], "rest_groups": STARTING, "agent_life_s": 0},
    "late": SPOILT["late"],
}
"""As `climate.SPOILT`, for the starts of all kinds."""
WEIGHTS = {
    "strangers": {
        **dict.fromkeys(("unmix", "fight_mixers"), 0),
        **dict.fromkeys(("start_another", "mix_in", "vanish_agent"), 4),
    },
    "failing": {**dict.fromkeys(("fight_mixers", "rename"), 0), "vanish_agent": 3},
    "busy": {"rename": 4, "fight_mixers": 0},
}
"""What happens more often, or never, to what only studios have."""
CHAINS = {
    **dict.fromkeys(("faults", "restart", "hang", "kill", "garble", "unpublish", "order"), 0),
    **dict.fromkeys(("take_chain", "edit", "clear_up"), 4),
    **dict.fromkeys(("publish", "approve"), 2),
}
"""What happens in studios, one of ten, that end what reads and what is read at once."""


def climate_for(seed):
    """Return the climate of a seed, be it a studio's or not."""
    climate = climate_of(seed)
    return climate if seed < STUDIOS else _studio(climate)


def _studio(climate):
    draw = Random(f"studio {climate.seed}")
    nodes = ("wcs1", "wcs2", "wcs3")[: draw.choice((2, 2, 2, 3))]
    builds = {node: climate.builds.get(node) or build_of(draw) for node in nodes}
    values = {node: climate.node_values.get(node) or node_of(draw, builds[node]) for node in nodes}
    looks_ms = {**climate.timing.looks_ms, "pulls": draw.choice((5_000, 30_000))}
    return evolve(
        climate,
        nodes=nodes,
        builds={node: _agents_of(draw, builds[node]) for node in nodes},
        node_values={
            node: evolve(values[node], ws=f"ws://{node}:8080", labels=Map({"at": node[-1]}))
            for node in nodes
        },
        timing=evolve(climate.timing, looks_ms=Map(looks_ms)),
        weights={
            **MOODS[climate.mood],
            **WEIGHTS.get(climate.mood, {}),
            **(CHAINS if climate.seed % 10 == 5 else {"take_chain": 0}),
        },
        steps=draw.choice((60, 90, 120)),
        is_studio=True,
    )


def _agents_of(draw, build):
    """Return a build as it treats agents."""
    return evolve(
        build,
        start_s=draw.choice((0.1, 0.5, 3.0)),
        name_taken=draw.choice(tuple(NameTaken)),
        source_missing=draw.choice(tuple(Unpublished)),
        agent_lingers_s=draw.choice((0.0, 0.0, 2.0)),
        hooked_agents=draw.choice((frozenset(), build.hooked_agents)),
        websocket_suffix=draw.random() < 0.7,
        pull_terminate_of_none_is_404=draw.random() < 0.5,
        vod_duration_s=draw.choice((30.0, 60.0, 200.0)),
        vod_stream_timeout=draw.choice((0.0, 0.0, 30.0)),
        mixer_idle_timeout=draw.choice((20.0, 60.0)),
        media_sessions_are_objects=draw.random() < 0.3,
        repeated_add_is_409=draw.random() < 0.5,
        callees=CALLEES,
        call_ring_s=draw.choice((10.0, 60.0)),
        call_lingers_s=draw.choice((0.0, 0.5, 4.0)),
    )


def faults_of(draw, mood, faults):
    """Return faults with those that strike what only studios have."""
    faults = evolve(
        faults,
        rest_groups=draw.choice(((), (), (draw.choice(GROUPS),), STARTING)),
        agent_sorts=draw.choice(((), (), (draw.choice(AGENTS),))),
        agents_refused=draw.choice((0, 0, 0.3)),
        agents_refused_status=draw.choice((500, 409)),
        agents_fail=draw.choice((0, 0, 0.3)),
        agents_odd=draw.choice((0, 0, 0.5)),
        agent_life_s=draw.choice((0, 0, 0, 200)),
        unreachable=draw.choice(((), (), ("rtmp://encoder0",), ("rtsp://",), ("ws://",))),
    )
    return evolve(faults, **SPOILT_HERE.get(mood, {}))


def settled(build):
    """Return a build on which nothing ends by itself, and everybody answers."""
    return evolve(build, vod_stream_timeout=0.0, vod_duration_s=FOR_EVER_S, callees={})
