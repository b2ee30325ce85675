"""Every kind keeps the contract that the core and the documents rest on."""

import pytest

from orchestrator.core.configuration import Node
from orchestrator.core.mapping import EMPTY
from orchestrator.core.site import NOWHERE
from orchestrator.kinds import catalogue


def test_kinds_are_known_by_their_names_in_the_order_of_the_catalogue():
    assert list(catalogue.KINDS) == [kind.name for kind in catalogue.ALL]
    assert list(catalogue.KINDS.values()) == list(catalogue.ALL)


@pytest.mark.parametrize("kind", catalogue.ALL, ids=lambda kind: kind.name)
def test_nothing_can_be_read_from_nothing(kind):
    assert kind.parse(EMPTY) is None
    assert kind.hear("StreamStatusEvent", EMPTY) is None
    assert all(call.path[0] == "/" for call in kind.listings(Node()))
    assert kind.plural in (f"{kind.name}s", f"{kind.name}es")


@pytest.mark.parametrize("kind", catalogue.ALL, ids=lambda kind: kind.name)
def test_asking_a_kind_that_is_only_observed_how_it_is_made_is_a_bug(kind):
    if kind.declared is None:
        with pytest.raises(AssertionError, match="cannot be declared"):
            _ = kind.declarable
    else:
        assert kind.declarable is kind.declared


@pytest.mark.parametrize("kind", catalogue.ALL, ids=lambda kind: kind.name)
def test_what_says_nothing_of_its_media_is_not_measured(kind):
    assert kind.progress(EMPTY) is None


def test_a_node_without_streams_has_none_of_any_name():
    assert (NOWHERE.names("show"), NOWHERE.ids("show"), NOWHERE.name_of("s")) == ((), (), "")
