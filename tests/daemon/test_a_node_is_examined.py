"""An emulated node is examined, in good and in bad shape; nothing of it is changed."""

import pytest
import trio
from attrs import evolve

from orchestrator.cli.doctor import LISTS
from orchestrator.daemon.examining import examined
from orchestrator.emulator.settings import ErrorForm, Generation, Settings
from orchestrator.shell.wcs import Endpoint, NodeClient
from orchestrator.web.doctor import findings
from orchestrator.web.examined import NOWHERE, Examined, Heard, State
from tests.stage import Wire, staged

URL = "https://wcs1:8444/rest-api"
USERS = {"orchestrator": "password"}
LATER = {"reachable": 0, "tls": 0, "hooks": 0, "keep-alives": 0}
COUNT = len(LISTS) - 1  # /recorder has a check of its own
ALL = f"{COUNT} of {COUNT} lists are there"
OTHERS = {
    "authentication": ("well", "REST asks for a user, and takes ours"),
    "methods": ("well", ALL),
    "recorder": ("well", "records by /recorder"),
    "statistics": ("well", "ports are free"),
    "clock": ("well", "nothing speaks against the node's clock"),
}


async def published(stage):
    """Let a stranger publish a stream, and return it."""
    server = stage.servers["wcs1"]
    await server.foreign("/vod/startup", {"uri": "vod-live://a.mp4", "localStreamName": "show"})
    await trio.sleep(5)
    return server.objects.published("show")


async def found(stage, password="password"):
    """Return state and message of each check, but of those that need no node."""

    def client(username):
        endpoint = Endpoint("wcs1", URL, username, call_s=5)
        return NodeClient(endpoint, lambda: password, lambda: Wire(stage.servers["wcs1"]))

    seen = Examined("wcs1", URL, stage.now_ms(), Heard(), username="orchestrator")
    seen = await examined(seen, LISTS, client("orchestrator"), client(""))
    return {
        one.check: (one.state.value, one.message)
        for one in findings(seen)
        if one.check not in LATER or (one.state is State.ILL and one.check == "reachable")
    }


@pytest.mark.parametrize("generation", Generation)
@pytest.mark.parametrize("form", [ErrorForm.SPRING, ErrorForm.TEXT, ErrorForm.EMPTY])
async def test_a_node_in_good_shape_is_well(autojump_clock, generation, form):
    wcs = Settings(generation=generation, error_form=form, users=USERS)
    async with staged(wcs_settings=wcs) as stage:
        await published(stage)
        assert await found(stage) == OTHERS
        assert stage.mutations() == [NOWHERE]  # which does nothing: nobody has it


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (
            {"has_recorder": False},
            {
                "recorder": (
                    "ill",
                    "it has no /recorder: write `recorder: stream` for it in orchestrator.yaml",
                )
            },
        ),
        ({"none_is_404": False}, {}),
        (
            {"lacks": frozenset({"/vod/"})},
            {"methods": ("well", f"{COUNT - 1} of {COUNT} lists are there")},
        ),
        (
            {"lacks_like_none": True, "has_recorder": False},
            {
                "methods": ("well", f"3 of {COUNT} lists are there"),
                "recorder": (
                    "note",
                    "nobody can tell whether it has /recorder: a 404 means either",
                ),
            },
        ),
        (
            {"users": {}},
            {
                "authentication": (
                    "ill",
                    (
                        "anyone who reaches its REST port has full control: keep the port to us, "
                        "or ask users"
                    ),
                )
            },
        ),
        ({"guards_statistics": True}, {}),
    ],
)
async def test_what_a_build_lacks_is_found(autojump_clock, changed, expected):
    wcs = evolve(Settings(users=USERS), **changed)
    async with staged(wcs_settings=wcs) as stage:
        await published(stage)
        assert await found(stage) == {**OTHERS, **expected}


async def test_a_wrong_password_is_told(autojump_clock):
    async with staged(wcs_settings=Settings(users=USERS)) as stage:
        message = "the node refuses our username and password: see `username` and `password`"
        assert await found(stage, "wrong") == {
            "authentication": ("ill", message),
            "clock": OTHERS["clock"],
        }


async def test_a_node_that_does_not_answer_is_told(autojump_clock):
    async with staged() as stage:
        stage.servers["wcs1"].stop()
        (reached, _) = (await found(stage)).values()
        assert (reached[0], "node wcs1" in reached[1]) == ("ill", True)


async def test_a_clock_that_is_ahead_is_told(autojump_clock):
    async with staged(wcs_settings=Settings(users=USERS)) as stage:
        stream = await published(stage)
        stream.created_ms = stage.now_ms() + 60_000
        message = "the node's clock is ahead of ours by 60 s or more"
        assert await found(stage) == {**OTHERS, "clock": ("ill", message)}
