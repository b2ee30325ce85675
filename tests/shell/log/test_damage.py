"""No accident to a file of the log goes unnoticed: tampering, flipped bits, cut files.

Each case begins with the same small log, does one thing to a copy of it, and asks `verify` and a
start what they find. Harmless is what leaves every acknowledged entry as it was written.
(T01, T07, T08)
"""

# ruff: noqa: S608 - seeds make a case repeatable; the SQL is our own

import random
import shutil
import sqlite3

import pytest
import trio
from desk import CODEC, SqlitePlace, desk_at, facts, running
from tamper import TAMPERS, edit, positions, tampered

from orchestrator.core.filter import Filter
from orchestrator.errors import LogDamaged, LogError
from orchestrator.shell.log.read import read_rows, verify
from orchestrator.shell.log.segment import segments


async def _written(folder, count=24, segment_max=8):
    async with running(SqlitePlace(folder), segment_max) as desk:
        for one in facts(count):
            await desk.log.append([one])


@pytest.fixture(scope="module")
def untouched(tmp_path_factory):
    """Give a log of several segments, closed in order."""
    folder = tmp_path_factory.mktemp("untouched") / "log"
    trio.run(_written, folder)
    return folder


@pytest.fixture(scope="module")
def crashed(tmp_path_factory):
    """Give a log as a kill leaves it: its newest entries are in the WAL only."""
    folder = tmp_path_factory.mktemp("crashed")

    async def write():
        async with running(SqlitePlace(folder / "alive"), 60) as desk:
            for one in facts(80):
                await desk.log.append([one])
            shutil.copytree(folder / "alive", folder / "log")

    trio.run(write)
    return folder / "log"


@pytest.mark.parametrize("seed", range(60))
def test_names_the_first_bad_position(untouched, tmp_path, seed):
    rng = random.Random(seed)
    for tamper in TAMPERS:
        folder = tmp_path / tamper.__name__
        shutil.copytree(untouched, folder)
        number = rng.randrange(len(segments(folder)))
        with tampered(folder, number) as connection:
            bad = tamper(connection, rng.choice(positions(connection)), rng)
        with pytest.raises(LogDamaged) as raised:
            verify(folder)
        assert raised.value.position == bad, tamper.__name__


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE segment SET hash = 'x'",
        "UPDATE segment SET position = position + 1",
        "INSERT INTO segment VALUES (1, 'x')",
        "DELETE FROM segment",
    ],
)
def test_what_a_segment_follows_cannot_be_changed(untouched, tmp_path, change):
    for number, path in enumerate(segments(untouched)):
        folder = tmp_path / f"{number}"
        shutil.copytree(untouched, folder)
        with tampered(folder, number) as connection:
            connection.execute(change)
        with pytest.raises(LogDamaged) as raised:
            verify(folder)
        assert raised.value.position == int(path.stem)


def test_an_index_that_tells_less_than_the_entries_is_damage(untouched, tmp_path):
    shutil.copytree(untouched, tmp_path / "log")
    path = segments(tmp_path / "log")[-1]
    with tampered(tmp_path / "log") as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE type = 'index'"
        ).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    pages = bytearray(path.read_bytes())
    start = (page - 1) * size
    pages[start + 3 : start + 5] = b"\0\1"  # one cell where there were many
    path.write_bytes(pages)
    with pytest.raises(LogDamaged):
        verify(tmp_path / "log")


async def test_no_false_alarm(tmp_path):
    rng = random.Random(8)
    for number in range(8):
        folder, heads = tmp_path / f"{number}", []
        async with running(SqlitePlace(folder), rng.randrange(1, 30)) as desk:
            while desk.log.head.position < 60:
                await desk.log.append(facts(rng.randrange(1, 9)))
                heads.append(verify(folder).head.position)
        assert verify(folder).head == desk.log.head
        assert heads == sorted(heads)
        assert heads[-1] <= desk.log.head.position


def acknowledged(folder):
    return {row.position: row for row in read_rows(folder, Filter())}


async def outcome(folder, known):
    """Return what a start makes of a log; each acknowledged entry is there, or its loss is told."""
    desk = desk_at(SqlitePlace(folder), 60)
    try:
        await desk.log.open()
    except LogError as error:
        return f"refused: {error}"
    try:
        rows = {row.position: row for row in await desk.rows()}
        lost = {position for position, row in known.items() if rows.get(position) != row}
        if not lost:
            return "harmless"
        assert desk.world.tail_lost == max(known)
        assert sorted(lost) == list(range(min(lost), max(known) + 1))
        assert CODEC.decode(rows[max(known) + 1]).event.position == max(known)
    finally:
        desk.store.close()
    return "told"


async def sweep(log, tmp_path, suffix, stride, damage):
    """Do damage to a file at a stride; return the outcomes."""
    known = acknowledged(log)
    source = segments(log)[-1]
    source = source.with_name(source.name + suffix)
    content = source.read_bytes()
    outcomes = set()
    for offset in range(0, len(content), stride):
        folder = tmp_path / "case"
        shutil.copytree(log, folder)
        (folder / source.name).write_bytes(damage(content, offset))
        outcomes.add((await outcome(folder, known)).partition(":")[0])
        shutil.rmtree(folder)
    return outcomes


def flipped(content, offset):
    return content[:offset] + bytes([content[offset] ^ 1 << offset % 8]) + content[offset + 1 :]


def cut(content, offset):
    return content[:offset]


def torn(content, offset):
    noise = random.Random(offset).randbytes(min(4096, len(content) - offset))
    return content[:offset] + noise + content[offset + len(noise) :]


DAMAGES = (flipped, cut, torn)


@pytest.mark.parametrize("damage", DAMAGES)
async def test_no_damage_to_the_wal_goes_unnoticed(crashed, tmp_path, damage):
    outcomes = await sweep(crashed, tmp_path, "-wal", 2_351, damage)
    assert "told" in outcomes
    assert "refused" not in outcomes


@pytest.mark.parametrize("damage", DAMAGES)
async def test_no_damage_to_the_main_file_goes_unnoticed(untouched, tmp_path, damage):
    outcomes = await sweep(untouched, tmp_path, "", 509, damage)
    assert "refused" in outcomes


@pytest.mark.parametrize("offset", range(100))
async def test_no_flip_in_the_head_of_the_main_file_goes_unnoticed(crashed, tmp_path, offset):
    known = acknowledged(crashed)
    name = segments(crashed)[-1].name
    for bit in (0, 1, 6):
        folder = tmp_path / f"{bit}"
        shutil.copytree(crashed, folder)
        content = bytearray((folder / name).read_bytes())
        content[offset] ^= 1 << bit
        (folder / name).write_bytes(content)
        await outcome(folder, known)


@pytest.mark.nightly  # the sweeps above with every byte's neighbourhood, some five minutes
@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("suffix", ["-wal", ""])
async def test_no_damage_goes_unnoticed_anywhere(crashed, tmp_path, suffix, damage):
    await sweep(crashed, tmp_path, suffix, 89, damage)


async def test_a_start_that_found_damage_has_written_nothing(untouched, tmp_path):
    folder = tmp_path / "log"
    shutil.copytree(untouched, folder)
    with tampered(folder) as connection:
        edit(connection, positions(connection)[-1], random.Random(1))
    before = {path.name: path.read_bytes() for path in folder.glob("*.sqlite")}
    with pytest.raises(LogDamaged):
        await desk_at(SqlitePlace(folder)).log.open()
    assert {path.name: path.read_bytes() for path in folder.glob("*.sqlite")} == before


@pytest.mark.parametrize("column", ["at_ms", "body", "hash", "type"])
def test_a_value_of_a_type_that_was_never_written_is_damage(untouched, tmp_path, column):
    folder = tmp_path / "log"
    shutil.copytree(untouched, folder)
    with tampered(folder) as connection:
        connection.execute("PRAGMA writable_schema=ON")
        connection.execute("UPDATE sqlite_master SET sql = replace(sql, ' STRICT', '')")
    with sqlite3.connect(segments(folder)[-1]) as connection:
        connection.execute("DROP TRIGGER entries_no_update")
        (bad,) = connection.execute("SELECT max(position) FROM entries").fetchone()
        connection.execute(f"UPDATE entries SET {column} = x'ff00' WHERE position = {bad}")
    connection.close()
    with pytest.raises(LogDamaged) as raised:
        verify(folder)
    assert raised.value.position <= bad


async def test_a_gap_is_permitted_only_to_an_entry_that_states_it(tmp_path):
    place = SqlitePlace(tmp_path / "log")
    async with running(place) as desk:
        await desk.log.append(facts(6))
    for number, body in enumerate(
        ("{}", '{"position":3}', "[]", "5", "no JSON", '{"position":4,"hash":""}')
    ):
        folder = tmp_path / f"{number}"
        shutil.copytree(place.folder, folder)
        with tampered(folder) as connection:
            connection.execute("DELETE FROM entries WHERE position = 4")
            connection.execute(
                "UPDATE entries SET type = 'TailLost', body = ? WHERE position = 5", (body,)
            )
        with pytest.raises(LogDamaged) as raised:
            verify(folder)
        assert raised.value.position == 4
