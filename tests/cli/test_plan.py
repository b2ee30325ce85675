"""What `plan --detailed-exitcode` says of a moment: 0 settled, 2 changes, 4 only held things."""

from orchestrator.cli.plan import exit_code
from tests.core.history import History, begun, line, listed, published, running
from tests.web.asking import asked


def code(history):
    _, plan = asked(history, "/api/v1/plan")
    return exit_code(plan)


def test_what_runs_as_declared_or_waits_for_its_stream_is_settled():
    assert code(running(line("a")).load(line("b", "absent"))) == 0


def test_a_step_to_be_taken_is_a_change():
    assert code(begun(line("a"))) == 2


def test_a_step_whose_outcome_is_not_seen_yet_is_a_change():
    history = begun(line("a"))
    step = history.start("a")
    assert code(history) == 2
    history.finish(step, made="m-a")
    assert history.phases() == {"a": ("Starting", "look-due")}
    assert code(history) == 2


def test_a_step_that_was_refused_and_is_tried_again_is_a_change():
    history = begun(line("a"))
    history.act("a", status=500, error="no")
    history.looked(streams=(published("s-1"),))
    assert history.phases()["a"][0] == "Backoff"
    assert code(history) == 2


def test_what_stands_in_the_way_of_a_stranger_is_held():
    history = begun(line("a", muted=True))
    history.look("transponder", listed("x", muted=False))
    assert history.phases() == {"a": ("Held", "foreign")}
    assert code(history) == 4


def test_a_node_that_was_not_looked_at_is_not_settled():
    assert code(History().configure().load(line("a"))) == 4
