"""Two things of every kind, one of which a word is about: its kind's `kept`, beside its `plain`."""

from contextlib import asynccontextmanager

import orjson
import trio

from orchestrator.core.configuration import Deletes, Limits, Node, Timing
from orchestrator.core.mapping import Map
from orchestrator.emulator.settings import Settings
from tests.stage import staged

NODES = {"wcs1": Node(ws="wss://wcs1:8443")}
LIMITS = Limits(Deletes(per_change=100, percent=100, per_hour=1_000), interrupts_per_change=100)
RARE_MS = 600_000  # a day goes faster
SELDOM = Timing(RARE_MS, looks_ms=Map(transponders=RARE_MS, pulls=RARE_MS, calls=100_000))
BUILD = Settings(
    tells_metrics=False, vod_stream_timeout=0.0, mixer_idle_timeout=0.0, vod_duration_s=1e6
)
KINDS = {
    "pulls": "pull", "webrtcPushes": "webrtcPush", "mixers": "mixer", "transcoders": "transcoder",
    "transponders": "transponder", "recordings": "recording", "vods": "vod", "calls": "call",
    "injections": "injection",
}  # fmt: skip
WORDED, PLAIN = "kept", "plain"


def lines(twin, *, is_other=False):
    """Return section → specification of one of each pair; another one that cannot be followed."""
    own = "show" if twin == WORDED else "slate"
    name = f"{twin}-other" if is_other else twin
    return {
        "pulls": {"uri": f"rtmp://encoder.lan/{twin}", "localStreamName": f"in-{name}"},
        "webrtcPushes": {"uri": "wss://partner.example:8443", "localStreamName": "show",
                         "remoteStreamName": name},
        "mixers": {"uri": f"mixer://{twin}", "localStreamName": f"mix-{name}", "inputs": ["show"]},
        "transcoders": {"uri": f"transcoder://{twin}", "remoteStreamName": "show",
                        "localStreamName": f"small-{name}"},
        "transponders": {"streamName": "show", "rtmpUrl": f"rtmp://target.lan/{name}"},
        "recordings": {"streamName": own, "rotation": "9M" if is_other else "20M",
                       "onChange": "replace"},
        "vods": {"uri": f"vod-live://{name}.mp4", "localStreamName": f"vod-{twin}", "loop": True},
        "calls": {"callId": twin, "callee": "1002" if is_other else "1001", "sipLogin": "100",
                  "sipDomain": "sip.lan"},
        "injections": {"localStreamName": own,
                       "remoteStreamName": "vod-live://x.mp4" if is_other else "ad"},
    }  # fmt: skip


def state(names, moved=(), **more):
    """Return a state file: name → lines; `moved` are pairs of names; `more` is for `kept` alone."""
    said = {"defaults": {"node": "wcs1"}}
    if moved:
        kinds = KINDS.values()
        said["moved"] = {f"{kind}/{old}": f"{kind}/{new}" for old, new in moved for kind in kinds}
    for section in KINDS:
        said[section] = {
            name: spec[section] | (more if name == WORDED else {}) for name, spec in names.items()
        }
    return orjson.dumps(said, option=orjson.OPT_INDENT_2).decode()


BOTH = {WORDED: lines(WORDED), PLAIN: lines(PLAIN)}


@asynccontextmanager
async def twins(text=None, **more):
    """Yield a stage on which both of each kind run; calls so far are not counted."""
    values = {"node_values": dict(NODES), "limits": LIMITS, "timing": SELDOM, **more}
    async with staged(wcs_settings=BUILD, **values) as stage:
        stage.write(text or state(BOTH))
        await stage.start()
        for name in ("show", "slate", "ad"):
            await stage.servers["wcs1"].client(name).publish(name)
        await trio.sleep(120)
        assert await phases(stage) == {"kept": {"Ready"}, "plain": {"Ready"}}
        stage.counted = stage.journal.written
        yield stage


async def load(stage, text, seconds=120):
    """Have other documents read, and give them time."""
    stage.write(text)
    taken = await stage.load()
    assert (taken.faults, taken.holds) == ((), ())
    await trio.sleep(seconds)


async def phases(stage):
    """Return name → phases of the things of that name, of whatever kind."""
    _, rows = await stage.ask("GET", "/api/v1/resources")
    found = {}
    for row in rows:
        phase = row["reason"] if row["phase"] in ("Held", "Paused") else row["phase"]
        found.setdefault(row["name"], set()).add(phase)
    return found


def calls(stage):
    return stage.mutations(after=stage.counted)


def names_of(name):
    """Return what an operator calls all things of a name."""
    return [f"{kind}/{name}" for kind in KINDS.values()]
