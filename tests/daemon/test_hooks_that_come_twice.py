"""A hook that WCS sends again is kept, and marked with the position of the first."""

import orjson
import pytest
import trio

from orchestrator.core.entry import Entry
from orchestrator.core.event import HookReceived
from orchestrator.core.json import freeze
from orchestrator.daemon.repeats import KEPT_MAX, WINDOW_MS, Repeats
from tests.stage import TOKEN, staged

SHOW = {"mediaSessionId": "m-1", "name": "show", "status": "PUBLISHING", "sessionId": "s"}
CALL = {"callId": "c-1", "sessionId": "s"}


def hook(body, method="StreamStatusEvent", node="wcs1"):
    return HookReceived(node, method, freeze(body))


def kept(*hooks, at_ms=0):
    """Return the memory of hooks that are in the log from position 1."""
    repeats = Repeats()
    for position, one in enumerate(hooks, 1):
        repeats.keep(Entry(position, at_ms, 0, "wcs1", one), at_ms)
    return repeats


@pytest.mark.parametrize(
    ("again", "first"),
    [
        (hook(SHOW), 1),
        (hook(dict(reversed(SHOW.items()))), 1),
        (hook({**SHOW, "status": "UNPUBLISHED"}), 0),
        (hook(SHOW, node="wcs2"), 0),
        (hook(SHOW, method="publishStream"), 0),
        (hook({"sessionId": "s"}, "connect"), 0),
    ],
)
def test_what_equals_the_last_of_its_method_about_the_same_is_taken_for_it(again, first):
    assert kept(hook(SHOW)).of(again, 0) == first


def test_what_was_so_before_and_otherwise_in_between_is_new():
    held, established = hook({**CALL, "status": "HOLD"}), hook({**CALL, "status": "ESTABLISHED"})
    repeats = kept(held, established)
    assert (repeats.of(held, 0), repeats.of(established, 0)) == (0, 2)


def test_a_third_time_points_to_the_first():
    second = HookReceived("wcs1", "StreamStatusEvent", freeze(SHOW), 1)
    assert kept(hook(SHOW), second).of(hook(SHOW), 0) == 1


def test_it_is_forgotten_once_wcs_tries_no_more_and_in_a_flood():
    assert kept(hook(SHOW)).of(hook(SHOW), WINDOW_MS) == 1
    assert kept(hook(SHOW)).of(hook(SHOW), WINDOW_MS + 1) == 0
    flood = [hook({**SHOW, "mediaSessionId": f"f-{number}"}) for number in range(KEPT_MAX)]
    assert kept(hook(SHOW), *flood).of(hook(SHOW), 0) == 0
    assert kept(hook(SHOW), *flood[1:]).of(hook(SHOW), 0) == 1


def test_keep_alives_say_the_same_and_mean_it():
    alive = hook(SHOW, "StreamKeepAliveEvent")
    assert kept(alive).of(alive, 0) == 0


async def test_both_are_kept_and_answered_and_one_is_counted_even_over_a_restart(autojump_clock):
    async with staged() as stage:
        await stage.start()

        async def post():
            url = f"http://here/hooks/wcs1/{TOKEN}/StreamStatusEvent"
            return (await stage.post(url, {}, orjson.dumps(SHOW), 15)).body

        said = [await post(), await post()]
        await stage.kill()
        await stage.start()
        said.append(await post())
        await trio.sleep(WINDOW_MS / 1000 + 1)
        said.append(await post())
        _, rows = await stage.ask("GET", "/api/v1/events", query="type=HookReceived")
        first = rows[0]["position"]
        assert said == [orjson.dumps(SHOW)] * 4
        assert [row["data"]["duplicateOf"] for row in rows] == [None, first, first, None]
        _, status = await stage.ask("GET", "/api/v1/status")
        assert (status["hooks"]["received"], status["hooks"]["repeated"]) == (2, 1)
