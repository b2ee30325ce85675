"""A scripted incident; what `why` says of it is the transcript in the documentation.

`UPDATE_DOCS=1 pytest tests/daemon/test_incident.py` writes the page anew.
"""

import os
import pwd
from pathlib import Path

import trio

from orchestrator.cli.why import present, told
from tests.stage import staged

PAGE = Path(__file__).parents[2] / "docs" / "27-why.md"
BEGIN, END = "<!-- transcript -->\n", "<!-- end of transcript -->\n"
URL = "rtmp://a.rtmp.example/live2"


async def asked(stage, name):
    """Return what `orchestrator why NAME` prints."""
    _, chain = await stage.ask("GET", "/api/v1/why", query=f"name={name}")
    _, rows = await stage.ask("GET", "/api/v1/resources", query=f"name={name}")
    return chain, "\n".join([*told(chain), *(present(row) for row in rows)])


def act(number, title, text, command):
    return f"## {number}. {title}\n\n    $ {command}\n" + "".join(
        f"    {line}\n" for line in text.splitlines()
    )


async def test_the_transcript_of_an_incident_names_each_cause_with_its_position(autojump_clock):
    acts = []
    async with staged(seed=3) as stage:
        stage.transponder("youtube", "show", f"{URL}/main")
        for name in ("radio", "partner", "mirror"):
            stage.transponder(name, "show", f"rtmp://{name}.lan/live")
        stage.recording("archive", "show", file_template="{streamName}-{startTime}")
        await stage.start()
        server, publisher = stage.servers["wcs1"], stage.servers["wcs1"].client("studio")
        await publisher.publish("show")
        await trio.sleep(20)
        chain, text = await asked(stage, "youtube")
        assert [entry["type"] for entry in chain] == [
            "StateLoaded", "HookReceived", "ActionStarted", "ActionFinished", "Looked",
        ]  # fmt: skip
        acts.append(act(1, "All is well", text, "orchestrator why youtube"))

        publisher.drop()
        await trio.sleep(20)
        chain, text = await asked(stage, "youtube")
        assert any("UNPUBLISHED" in entry["text"] for entry in chain)
        assert text.splitlines()[-1].startswith(
            "now: transponder/youtube on wcs1 is Waiting (stream-absent)"
        )
        acts.append(act(2, "The publisher drops", text, "orchestrator why youtube"))

        await publisher.publish("show")
        await trio.sleep(20)
        server.restart(5)
        await trio.sleep(60)
        await server.client("studio-2").publish("show")
        await trio.sleep(20)
        chain, text = await asked(stage, "archive")
        assert {"NodeRestarted", "HookReceived"} <= {entry["type"] for entry in chain}
        assert text.splitlines()[-1].startswith("now: recording/archive on wcs1 is Ready")
        acts.append(act(3, "The node restarts, the publisher returns", text,
                        "orchestrator why archive"))  # fmt: skip

        stage.transponder("youtube", "show", f"{URL}/backup")
        await stage.load()
        await trio.sleep(20)
        chain, text = await asked(stage, "youtube")
        line = next(one for one in chain if one["type"] == "StateLoaded")
        assert line["text"].startswith("state/stage.yaml:6 declares transponder/youtube")
        acts.append(act(4, "Its line is edited", text, "orchestrator why youtube"))

        await stage.ask(
            "POST", "/control/v1/pause", {"names": ["youtube"], "reason": "the CDN is being moved"}
        )
        things = server.objects.transponders.values()
        thing = next(one for one in things if one.rtmp_url.endswith("/backup"))
        server.media.transponders.vanish(thing)
        await trio.sleep(20)
        chain, text = await asked(stage, "youtube")
        order = next(one for one in chain if one["type"] == "OperatorAsked")
        assert order["text"] == "pause transponder/youtube because “the CDN is being moved”"
        assert "(paused)" in text.splitlines()[-1]
        acts.append(act(5, "An operator pauses it, and it vanishes", text,
                        "orchestrator why youtube"))  # fmt: skip
    asker = pwd.getpwuid(0).pw_name  # who asks on the stage
    transcript = "\n".join(acts).replace(f"user:{asker}", "user:anna")
    head, _, rest = PAGE.read_text().partition(BEGIN)
    found, _, tail = rest.partition(END)
    if os.environ.get("UPDATE_DOCS"):
        PAGE.write_text(f"{head}{BEGIN}{transcript}{END}{tail}")
    else:
        assert found == transcript
