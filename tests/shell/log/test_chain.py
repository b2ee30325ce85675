"""The chain as values, and what a simulated disk can do."""

import pytest
from attrs import evolve
from desk import CODEC, MemoryPlace, check_chain, fact, running

from orchestrator.codec import Row
from orchestrator.core.entry import Fact
from orchestrator.core.event import TailLost
from orchestrator.errors import LogDamaged, LogRefused
from orchestrator.shell.log.chain import Head, chained


def row(position, event=None):
    draft = CODEC.encode(Fact(event) if event is not None else fact("x"))
    names = ("node", "type", "schema", "subject", "cause", "actor", "body")
    values = {name: getattr(draft, name) for name in names}
    return Row(position=position, at_ms=1, hash="", **values)


def test_a_gap_that_no_entry_states_is_damage_though_its_hash_is_right():
    first = chained(row(1), Head().hash)
    for late in (row(5), row(5, TailLost(3, "x"))):
        with pytest.raises(LogDamaged) as raised:
            check_chain([first, chained(late, first.hash)])
        assert raised.value.position == 2
    stated = chained(row(5, TailLost(4, "x")), first.hash)
    check_chain([first, stated])


@pytest.mark.parametrize("column", ["at_ms", "node", "type", "schema", "subject", "cause", "actor"])
def test_every_column_is_in_the_hash(column):
    one = chained(row(1), Head().hash)
    value = getattr(one, column)
    other = evolve(one, **{column: value + 1 if isinstance(value, int) else value + "x"})
    assert chained(other, Head().hash).hash != one.hash
    assert chained(one, "1" * 64).hash != one.hash


async def test_a_simulated_disk_refuses_and_takes_again():
    place = MemoryPlace()
    async with running(place, segment_max=3) as desk:
        place.disk.refuses = "no space left"
        for _ in range(2):
            with pytest.raises(LogRefused, match="no space left"):
                await desk.log.append([fact("a")])
        with pytest.raises(LogRefused):
            desk.store.roll(None)
        place.disk.refuses = ""
        (entry,) = await desk.log.append([fact("b")])
        assert entry.position == 2
