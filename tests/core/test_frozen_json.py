"""JSON as frozen values, persistent maps, and what happened lately."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.http import InetPeer, Reply, Request, UnixPeer
from orchestrator.core.json import freeze, freeze_object, text, thaw, truth, whole
from orchestrator.core.mapping import EMPTY, Map, frozen, with_member, without, without_member
from orchestrator.core.recent import GENERATION_MAX, GENERATION_MS, Recent, remembered

names = st.text(max_size=5)
json = st.recursive(
    st.none() | st.booleans() | st.integers() | names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
)


@given(json)
def test_thawing_gives_back_what_was_frozen(value):
    assert thaw(freeze(value)) == value
    hash(freeze(value))


@given(st.dictionaries(names, json, max_size=4))
def test_an_object_freezes_as_a_value_does(value):
    assert freeze_object(value) == freeze(value)
    assert list(thaw(freeze_object(value))) == sorted(value)


@pytest.mark.parametrize(
    ("member", "as_text", "as_truth", "as_whole"),
    [
        ("word", "word", False, 0),
        ("true", "true", True, 0),
        ("ON", "ON", True, 0),
        ("0", "0", False, 0),
        (" -12 ", " -12 ", False, -12),
        ("--1", "--1", False, 0),
        ("1.5", "1.5", False, 0),
        ("²", "²", False, 0),
        ("9" * 5_000, "9" * 5_000, False, 0),
        (2**64, f"{2**64}", True, 0),
        ("", "", False, 0),
        (True, "true", True, 0),
        (False, "false", False, 0),
        (7, "7", True, 7),
        (1.5, "1.5", True, 1),
        (None, "", False, 0),
        ((1,), "", True, 0),
        ({"a": 1}, "", True, 0),
    ],
)
def test_reads_members_as_wcs_means_them(member, as_text, as_truth, as_whole):
    body = {"x": member}
    assert (text(body, "x"), truth(body, "x"), whole(body, "x")) == (as_text, as_truth, as_whole)


def test_a_missing_member_is_nothing():
    assert (text({}, "x"), truth({}, "x"), whole({}, "x")) == ("", False, 0)


@given(st.floats())
def test_no_number_is_too_odd_to_be_read(number):
    assert -(2**63) <= whole({"x": number}, "x") < 2**63


def test_maps_share_what_does_not_change():
    one = frozen({"a": 1})
    assert frozen(one) is one
    assert (without(one, "b") is one, without(one, "a")) == (True, EMPTY)


def test_indices_of_sets_hold_no_empty_sets():
    index = with_member(EMPTY, "k", 1)
    assert with_member(index, "k", 1) is index
    both = with_member(index, "k", 2)
    assert both == Map({"k": Map({1: None, 2: None})})
    assert without_member(both, "k", 2) == index
    assert without_member(index, "k", 1) == EMPTY
    assert without_member(EMPTY, "k", 1) == EMPTY


def test_a_name_is_recalled_for_a_generation_and_forgotten_after_two():
    recent = remembered(Recent(since_ms=1), "a", 1)
    assert (recent.recalled_ms("a"), recent.recalled_ms("b")) == (1, 0)
    recent = remembered(recent, "b", 1 + GENERATION_MS)
    assert (recent.recalled_ms("a"), recent.recalled_ms("b")) == (1, 1 + GENERATION_MS)
    recent = remembered(recent, "c", 1 + 2 * GENERATION_MS)
    assert (recent.recalled_ms("a"), recent.recalled_ms("b")) == (0, 1 + GENERATION_MS)


def test_a_flood_of_names_shortens_the_memory_and_not_more():
    recent = Recent(since_ms=5)
    for number in range(3 * GENERATION_MAX):
        recent = remembered(recent, f"{number}", 5)
        assert len(recent.now) <= GENERATION_MAX
    assert len(recent.before) == GENERATION_MAX
    assert recent.recalled_ms(f"{3 * GENERATION_MAX - 1}") == 5
    assert recent.recalled_ms("0") == 0


def test_the_later_of_two_mentions_counts():
    assert remembered(remembered(Recent(), "a", 7), "a", 9).recalled_ms("a") == 9


def test_requests_and_replies_are_plain_values():
    peers = (InetPeer("127.0.0.1", 80), UnixPeer(1, 2, 3))
    for peer in peers:
        request = Request("POST", "/x", "", {}, b"{}", peer)
        assert request == Request("POST", "/x", "", {}, b"{}", peer)
    assert Reply(204) == Reply(204, b"", EMPTY, "application/json")
