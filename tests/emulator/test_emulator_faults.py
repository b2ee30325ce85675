"""Every fault that a node can play, and that the journal tells of it."""

import orjson
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from orchestrator.emulator.faults import Hiding
from orchestrator.emulator.http import Broken

EVENT = {"nodeId": "n", "appKey": "defaultApp", "mediaSessionId": "m", "status": "PUBLISHING"}


def faults(wcs):
    return [one.what for one in wcs.entries("fault")]


async def test_a_lost_event_never_arrives_and_is_not_tried_again(autojump_clock, wcs):
    wcs.fail(hooks_lost=1)
    wcs.server.media.hooks.tell("StreamStatusEvent", EVENT)
    await trio.sleep(100)
    assert (wcs.backend.hooks, faults(wcs)) == ([], ["hook lost"])


async def test_a_lost_direct_invocation_times_out(autojump_clock, wcs):
    wcs.fail(hooks_lost=1)
    assert await wcs.publish("a") is None
    assert (trio.current_time(), faults(wcs)) == (15, ["hook lost"])


async def test_a_doubled_hook_arrives_again_and_again_later(autojump_clock, wcs):
    wcs.fail(hooks_doubled=1, hooks_copies=4, hooks_late_s=3 * 86400)
    for _ in range(20):
        wcs.server.media.hooks.tell("StreamStatusEvent", EVENT)
    await wait_all_tasks_blocked()
    copies = faults(wcs).count("hook doubled")
    assert len(wcs.backend.hooks) == 20
    assert 20 < copies < 80
    wcs.server.restart()
    await trio.sleep(3 * 86400)
    assert wcs.backend.hooks == [("StreamStatusEvent", EVENT)] * (20 + copies)


async def test_a_delayed_event_arrives_later_even_after_a_restart(autojump_clock, wcs):
    wcs.fail(hooks_delayed=1, hooks_late_s=100)
    wcs.server.media.hooks.tell("StreamStatusEvent", EVENT)
    await wait_all_tasks_blocked()
    wcs.server.restart()
    assert wcs.backend.hooks == []
    await trio.sleep(100)
    assert wcs.backend.hooks == [("StreamStatusEvent", EVENT)]


async def test_a_reordered_event_is_overtaken_by_the_next(autojump_clock, wcs):
    first, second = EVENT | {"name": "first"}, EVENT | {"name": "second"}
    wcs.fail(hooks_reordered=1)
    wcs.server.media.hooks.tell("StreamStatusEvent", first)
    await wait_all_tasks_blocked()
    wcs.fail(hooks_reordered=0)
    wcs.server.media.hooks.tell("StreamStatusEvent", second)
    await wait_all_tasks_blocked()
    assert [body["name"] for _, body in wcs.backend.hooks] == ["second", "first"]


async def test_a_reordered_event_that_nothing_overtakes_arrives_all_the_same(autojump_clock, wcs):
    wcs.fail(hooks_reordered=1, hooks_late_s=5)
    wcs.server.media.hooks.tell("StreamStatusEvent", EVENT)
    await trio.sleep(4)
    assert wcs.backend.hooks == []
    await trio.sleep(2)
    assert len(wcs.backend.hooks) == 1


async def test_a_lying_event_says_the_contrary_in_valid_form(autojump_clock, wcs):
    wcs.fail(hooks_lying=1)
    stream = await wcs.publish("a")
    await wait_all_tasks_blocked()
    assert stream.live
    told = {method: body["status"] for method, body in wcs.backend.hooks if "Event" in method}
    assert told == {"ConnectionStatusEvent": "DISCONNECTED", "StreamStatusEvent": "UNPUBLISHED"}
    assert faults(wcs) == ["hook lying"] * 2


async def test_a_call_that_fails_has_no_effect(autojump_clock, wcs):
    wcs.fail(rest_fails=1, rest_status=503)
    assert (await wcs.push())[0] == 503
    assert (wcs.effects(), faults(wcs)) == ([], ["call fails"])


async def test_a_call_that_hangs_is_never_answered_and_has_no_effect(autojump_clock, wcs):
    wcs.fail(rest_hangs=1)
    with trio.move_on_after(86400) as patience:
        await wcs.push()
    assert patience.cancelled_caught
    assert (wcs.effects(), faults(wcs)) == ([], ["call hangs"])
    assert [one.status for one in wcs.entries("answer")] == [0]


async def test_an_effect_happens_although_its_answer_is_lost(autojump_clock, wcs):
    wcs.fail(rest_lost=1)
    with pytest.raises(Broken):
        await wcs.push()
    assert wcs.effects() == [("transponder came", "rest")]
    [answer] = wcs.entries("answer")
    assert (answer.status, answer.detail) == (0, {"reached": 200})
    assert (faults(wcs), answer.call) == (["answer lost"], wcs.entries("rest")[0].number)


async def test_a_late_answer_comes_after_the_effect(autojump_clock, wcs):
    wcs.fail(rest_delayed=1, rest_late_s=600)
    assert (await wcs.push())[0] == 200
    [effect], [answer] = wcs.entries("effect"), wcs.entries("answer")
    assert 0 < answer.at_s - effect.at_s == pytest.approx(trio.current_time(), abs=1e-3)


async def test_an_answer_may_end_in_the_middle_or_be_html_or_change_shape(autojump_clock, wcs):
    _, started = await wcs.push()
    wcs.fail(rest_truncated=1)
    status, whole = 200, orjson.dumps([started])
    answer = await wcs.server.handle("POST", "/rest-api/push/find_all", {}, b"")
    assert (answer.status, answer.body) == (status, whole[: len(whole) // 2])
    wcs.fail(rest_truncated=0, rest_html=1)
    status, body = await wcs.call("/push/find_all")
    assert (status, body[:6]) == (200, b"<html>")
    wcs.fail(rest_html=0, rest_reshaped=1)
    assert await wcs.call("/push/find_all") == (200, {"0": started})
    assert faults(wcs) == ["answer truncated", "answer html", "listing reshaped"]


@pytest.mark.parametrize(
    ("hiding", "shown"), [(Hiding.EMPTY, (200, [])), (Hiding.NOT_FOUND, 404)], ids=str
)
async def test_the_next_listings_hide_what_exists(autojump_clock, wcs, hiding, shown):
    wcs.fail(listings_hidden=2, listings_hidden_as=hiding, rest_groups=("/push/",))
    await wcs.push()
    await wcs.publish("a")

    async def look(path):
        answer = await wcs.call(path)
        return answer[0] if answer[0] == 404 else answer

    assert (await look("/stream/find_all"))[0] == 200
    assert [await look("/push/find_all"), await look("/push/find")] == [shown, shown]
    assert len((await look("/push/find_all"))[1]) == 1
    assert wcs.server.node.faults.listings_hidden == 0


async def test_faults_strike_only_the_groups_that_are_named(autojump_clock, wcs):
    wcs.fail(rest_fails=1, rest_groups=("/stream/",))
    assert (await wcs.push())[0] == 200
    assert (await wcs.call("/stream/find_all"))[0] == 500


async def test_a_transponder_vanishes_by_itself_and_so_in_the_journal(autojump_clock, wcs):
    wcs.fail(transponder_life_s=60)
    await wcs.push()
    await trio.sleep(3600)
    assert (await wcs.call("/push/find_all"))[0] == 404
    assert wcs.effects() == [("transponder came", "rest"), ("transponder went", "self")]
    assert faults(wcs) == ["transponder vanished"]


async def test_a_foreign_actor_meets_no_faults_and_is_told_apart(autojump_clock, wcs):
    wcs.fail(rest_fails=1)
    body = {"streamName": "a", "rtmpUrl": "rtmp://t/live"}
    answer = await wcs.server.foreign("/push/startup", body)
    key = {"mediaSessionId": orjson.loads(answer.body)["mediaSessionId"]}
    await wcs.server.foreign("/push/mute", key)
    await wcs.server.foreign("/push/terminate", key)
    await trio.sleep(1)
    verbs = ("came", "changed", "went")
    assert wcs.effects() == [(f"transponder {verb}", "foreign") for verb in verbs]
