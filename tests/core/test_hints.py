"""What hooks told and did not: late is not missed, and silence is told in time."""

from orchestrator.core.hint import LATE_MS, UNHEARD_MAX, Hints
from orchestrator.core.hinted import is_silent
from tests.core.history import NODE, History, line, published

CLIENT = {"mediaProvider": "WebRTC"}
EVERY_MS = 30_000


def begun():
    """Return a history whose node has told something and was looked at once."""
    history = History().configure().hook({}, "ConnectionStatusEvent")
    history.look("stream")
    return history


def hints(history):
    found = history.world.hints[NODE]
    return found.missed_by(history.now_ms), is_silent(history.world, NODE, history.now_ms)


def test_a_stream_that_only_a_look_shows_is_a_missed_hook_once_it_is_too_late():
    history = begun()
    history.look("stream", published("s", **CLIENT))
    history.wait(LATE_MS)
    assert hints(history)[0] == 0
    history.wait(1)
    assert hints(history)[0] == 1
    history.look("stream")
    history.wait(LATE_MS + 1)
    assert hints(history)[0] == 2
    history.hook({}, "ConnectionStatusEvent")
    assert hints(history) == (2, False)


def test_a_hook_that_comes_late_was_not_missed():
    history = begun()
    history.look("stream", published("s", **CLIENT))
    history.wait(LATE_MS - 1).publish("s")
    history.look("stream")
    history.wait(LATE_MS - 1).unpublish("s")
    history.wait(LATE_MS + 1)
    assert hints(history) == (0, False)


def test_a_node_is_silent_a_turn_of_looks_after_what_it_did_not_tell_until_it_speaks():
    history = begun()
    history.look("stream", published("s", **CLIENT))
    history.wait(EVERY_MS - 1)
    assert hints(history)[1] is False
    history.wait(1)
    assert hints(history)[1] is True
    history.hook({}, "ConnectionStatusEvent")
    assert hints(history)[1] is False


def test_who_never_spoke_is_not_silent_and_what_was_there_before_is_not_missed():
    history = History().configure()
    history.look("stream", published("before", **CLIENT))
    history.look("stream", published("before", **CLIENT), published("s", **CLIENT))
    history.wait(LATE_MS + 1)
    assert hints(history) == (1, False)


def test_of_what_no_client_publishes_no_hook_is_waited_for():
    history = begun().load(line("a"))
    history.look("stream", published("s", mediaProvider="VOD"))
    history.look("transponder")
    assert hints(history) == (0, False)


def test_what_is_kept_for_late_hooks_is_bounded():
    found = Hints()
    for number in range(UNHEARD_MAX + 2):
        found = found.found(f"s-{number}", is_end=False, at_ms=1)
    assert (len(found.unheard), found.missed, found.missed_by(1)) == (UNHEARD_MAX, 2, 2)
    assert found.missed_by(LATE_MS + 2) == UNHEARD_MAX + 2
