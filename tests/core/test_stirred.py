"""Which grounds a stirred subject concerns, and where a rule is to be asked about everything."""

import pytest

from orchestrator.core.event import HookReceived
from orchestrator.core.ground import Ground
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.resource import Place
from orchestrator.core.rule import Each, Subject
from orchestrator.core.stir import Stirred, grounds_of, nodes_around
from tests.core.history import NODE, History

BODY = Map(mediaSessionId="m", name="show", status="PUBLISHING", sessionId="s")
SESSION = Stirred(NODE, Subject.CONNECTION, "s")


def rule(*names, each=Subject.STREAM):
    return Each("r", Place("rules/a.yaml", 1, 1), each, EMPTY, names=names)


@pytest.mark.parametrize(
    ("asked", "one", "natural"),
    [
        (rule(), Stirred(NODE, Subject.STREAM, "m"), "m"),
        (rule(), Stirred(NODE, Subject.CALL, "c"), None),
        (rule("now"), SESSION, None),
        (rule("stream"), SESSION, "m"),
        (rule("connection"), SESSION, "m"),
        (rule("connection"), Stirred(NODE, Subject.CONNECTION, "other"), None),
        (rule("connection", each=Subject.NODE), SESSION, None),
    ],
)
def test_a_subject_concerns_its_rule_and_a_session_what_it_has_brought(asked, one, natural):
    history = History().configure().happen(HookReceived(NODE, "StreamStatusEvent", BODY))
    due = [Ground("r", NODE, Subject.STREAM, natural)] if natural else []
    assert grounds_of(history.world, asked, one) == due


def test_lists_of_a_node_concern_the_node_and_those_of_all_every_node():
    world = History().configure(nodes=("wcs1", "wcs2")).world
    one = Stirred("wcs1", Subject.STREAM, "m")
    assert nodes_around(world, rule("stream"), one) == ()
    assert nodes_around(world, rule("streams"), one) == ("wcs1",)
    assert sorted(nodes_around(world, rule("all"), one)) == ["wcs1", "wcs2"]
