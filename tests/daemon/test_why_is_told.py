"""Why things are as they are, asked after an incident on an emulated node in virtual time."""

import trio

from orchestrator.core.mapping import Map
from tests.stage import staged

URL = "rtmp://target.lan/live"


async def settle(seconds=4):
    await trio.sleep(seconds)


async def why(stage, name="", **query):
    words = "&".join(f"{key}={value}" for key, value in {"name": name, **query}.items() if value)
    status, chain = await stage.ask("GET", "/api/v1/why", query=words)
    assert status == 200, chain
    return chain


def told(chain):
    return [(entry["type"], entry["text"]) for entry in chain]


async def test_a_running_one_is_traced_to_its_hook_its_line_its_call_and_the_answer(autojump_clock):
    async with staged() as stage:
        stage.transponder("a", "show")
        await stage.start()
        await settle()
        stream = await stage.servers["wcs1"].client("p").publish("show")
        await settle()
        (thing,) = stage.servers["wcs1"].objects.transponders.values()
        chain = await why(stage, "a")
        natural = f"rtmp_show {URL}"
        assert told(chain) == [
            (
                "StateLoaded",
                f"state/stage.yaml:1 declares transponder/a: rtmpUrl: {URL}, streamName: show",
            ),
            (
                "HookReceived",
                (
                    "wcs1 posts StreamStatusEvent stream show is PUBLISHING "
                    f"[{stream.media_session_id}]"
                ),
            ),
            ("ActionStarted", "create leaves: /push/startup to wcs1"),
            (
                "ActionFinished",
                f"wcs1 answers 200 to /push/startup (create), made {thing.media_session_id}",
            ),
            ("Looked", f"a look at the transponders of wcs1: appeared: {natural}"),
        ]
        causes = [entry["cause"] for entry in chain]
        positions = [entry["position"] for entry in chain]
        assert causes[2:4] == positions[1:3]
        assert causes[4] in positions  # the look was called for by the hook or by the answer
        assert await why(stage, position=chain[3]["position"]) == chain[1:4]


async def test_each_cause_of_an_incident_is_named(autojump_clock):
    async with staged() as stage:
        stage.transponder("a", "show", labels=Map(show="news"))
        stage.recording("a", "show")
        await stage.start()
        server = stage.servers["wcs1"]
        publisher = server.client("p")
        await publisher.publish("show")
        await settle()
        publisher.drop()
        await settle()
        chain = told(await why(stage, "transponder/a"))
        assert chain[-1][0] == "HookReceived" or chain[-1][0] == "Looked"
        assert any("UNPUBLISHED" in text for _, text in chain)

        await server.client("q").publish("show")
        await settle()
        server.restart(2)
        await settle(40)
        chain = told(await why(stage, "transponder/a"))
        assert any(kind == "NodeRestarted" for kind, _ in chain) or any(
            "vanished" in text for _, text in chain
        )

        await stage.ask(
            "POST", "/control/v1/pause", {"names": ["transponder/a"], "reason": "rehearsal"}
        )
        chain = await why(stage, "transponder/a")
        asked = [entry for entry in chain if entry["type"] == "OperatorAsked"]
        assert [entry["text"] for entry in asked] == ["pause transponder/a because “rehearsal”"]
        assert asked[0]["actor"].startswith("user:")

        stage.transponder("a", "other", labels=Map(show="news"))
        await stage.load()
        chain = told(await why(stage, "transponder/a"))
        assert any(text.startswith("state/stage.yaml:3 declares") for _, text in chain)


async def test_what_is_not_there_is_refused_with_the_reason(autojump_clock):
    async with staged() as stage:
        stage.transponder("a", "show")
        stage.recording("a", "show")
        await stage.start()
        asked = {
            "name=x": (404, "x: not declared and not ours"),
            "name=a": (400, "a may be recording/a, transponder/a: say which"),
            "name=node/x": (404, "node/x: no such node (configured: wcs1)"),
            "name=stream/x": (404, "stream/x: not published, and nothing here reads it"),
            "position=99": (404, f"99: the log goes from 1 to {stage.memory.world.position}"),
            "position=x": (404, f"x: the log goes from 1 to {stage.memory.world.position}"),
            "name=transponder/~ab": (
                404,
                "transponder/~ab is a stranger's: ask for a position of `orchestrator events`",
            ),
        }
        for query, (status, said) in asked.items():
            assert await stage.ask("GET", "/api/v1/why", query=query) == (status, {"error": said})
