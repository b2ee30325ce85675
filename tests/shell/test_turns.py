"""Whose turn it is at a node: the freshest overtakes the one that waits longest, once."""

import trio
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.shell.turns import Turns
from tests.simulation.quiet import lived


async def served(causes, cancelled=()):
    """Have one ask for each cause in this order, each for a second; return whose turns came."""
    turns, came = Turns(), []

    async def ask(number, scope):
        with scope:
            async with turns.of(causes[number]):
                came.append(number)
                await trio.sleep(1)

    scopes = [trio.CancelScope() for _ in causes]
    async with trio.open_nursery() as nursery:
        for number, scope in enumerate(scopes):
            nursery.start_soon(ask, number, scope)
            await trio.testing.wait_all_tasks_blocked()
        assert (turns.is_taken, turns.waiting) == (True, len(causes) - 1)
        for number in cancelled:
            scopes[number].cancel()
    assert (turns.is_taken, turns.waiting) == (False, 0)
    return came


def test_the_freshest_overtakes_the_one_that_waits_longest_but_not_twice_in_a_row():
    assert lived(0, served, [1, 1, 1, 1, 9, 8]) == [0, 4, 1, 5, 2, 3]


def test_what_has_one_cause_is_served_in_the_order_of_asking():
    assert lived(0, served, [7] * 6) == list(range(6))


def test_who_gave_up_is_passed_over():
    assert lived(0, served, [1, 1, 1, 9, 8, 1], (2, 3)) == [0, 4, 1, 5]


async def test_a_turn_that_came_to_one_who_gives_up_just_then_goes_on(autojump_clock):
    turns, scope, came = Turns(), trio.CancelScope(), []

    async def ask(number, scope):
        with scope:
            async with turns.of(number):
                await trio.lowlevel.checkpoint()
                came.append(number)

    async with trio.open_nursery() as nursery:
        async with turns.of(0):
            nursery.start_soon(ask, 9, scope)
            nursery.start_soon(ask, 1, trio.CancelScope())
            await trio.testing.wait_all_tasks_blocked()
        scope.cancel()  # its turn has come, and it has not run since
    assert (came, turns.is_taken, turns.waiting) == ([1], False, 0)


@given(st.data(), st.lists(st.integers(0, 4), min_size=1, max_size=12))
def test_everyone_has_a_turn_or_gave_up(data, causes):
    cancelled = data.draw(st.sets(st.integers(1, len(causes)))) - {len(causes)}
    came = lived(0, served, causes, cancelled)
    assert sorted(came) == sorted(set(range(len(causes))) - cancelled)


async def test_a_queue_that_is_never_empty_keeps_none_whose_turn_is_over(autojump_clock):
    turns = Turns()

    async def ask(cause):
        async with turns.of(cause):
            await trio.sleep(1)

    async with trio.open_nursery() as nursery:
        for cause in range(500):  # each fresher than those before, as fast as they are served
            nursery.start_soon(ask, cause)
            if cause > 5:
                await trio.sleep(1)
            assert len(turns._freshest) <= 2 * len(turns._longest) + 2
