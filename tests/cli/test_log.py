"""`log` looks after what is on disk without a daemon, and says so where there is nothing."""

import json
from hashlib import sha256

import orjson
import pytest
import trio
from click.testing import CliRunner

from orchestrator.cli.log import log
from orchestrator.shell.log.segment import segments
from tests.shell.log.desk import SqlitePlace, facts, running


async def written(folder):
    async with running(SqlitePlace(folder), 5) as desk:
        for one in facts(12):
            await desk.log.append([one])
        return desk.log.head


@pytest.fixture
def told(tmp_path, monkeypatch):
    """Give a way to run `log …` in a folder with a configuration."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "orchestrator.yaml").write_text("{}")

    def run(*arguments):
        result = CliRunner().invoke(log, arguments)
        return result.exit_code, result.stdout, result.stderr

    return run


@pytest.fixture
def head(tmp_path):
    """Give the head of a log that is there."""
    return trio.run(written, tmp_path / "var" / "log")


def test_head_is_position_and_hash(told, head):
    assert told("head") == (0, f"{head.position} {head.hash}\n", "")
    assert json.loads(told("head", "-o", "json")[1]) == {
        "position": head.position,
        "hash": head.hash,
        "time": "2023-11-14T22:13:20.000Z",
    }


def test_stats_count_by_type(told, head):
    code, text, _ = told("stats")
    assert (code, text.splitlines()[1]) == (0, f"entries  {head.position}")
    assert "        4 NodeLost" in text.splitlines()
    found = json.loads(told("stats", "-o", "json")[1])
    assert (found["entries"], found["last"]["position"]) == (head.position, head.position)
    assert sum(found["types"].values()) == head.position
    assert list(found) == ["segments", "bytes", "entries", "first", "last", "types"]


def test_export_has_all_that_the_chain_is_made_of(told, head):
    lines = [json.loads(line) for line in told("export")[1].splitlines()]
    before = "0" * 64
    for line in lines:
        *columns, digest = line.values()
        assert sha256(before.encode() + orjson.dumps(columns)).hexdigest() == digest
        before = digest
    assert (len(lines), before) == (head.position, head.hash)
    assert [line["position"] for line in lines] == list(range(1, head.position + 1))


def test_export_goes_on_where_it_broke_off(told, head):
    whole = told("export")[1].splitlines()
    assert told("export", "--since", "5")[1].splitlines() == whole[4:]
    assert told("export", "--until", "4")[1].splitlines() == whole[:4]
    assert told("export", "--since", "3", "--until", "3")[1].splitlines() == whole[2:3]
    assert told("export", "--since", "2024-01-01") == (0, "", "")
    assert told("export", "--until", "2024-01-01")[1].splitlines() == whole


def test_a_backup_is_a_log_and_its_folder_must_be_empty(told, head, tmp_path):
    said = f"{head.position} entries in copy verify; head {head.position} {head.hash}\n"
    assert told("backup", "copy") == (0, said, "")
    code, out, err = told("backup", "copy")
    assert (code, out) == (1, "")
    assert "no backup was made in copy: it is not empty" in err


@pytest.mark.parametrize("verb", ["verify", "stats", "head", "export", "backup"])
def test_a_damaged_log_exits_with_six(told, head, tmp_path, verb):
    path = segments(tmp_path / "var" / "log")[-1]
    path.write_bytes(b"no database" * 400)
    code, _, err = told(verb, *(["copy"] if verb == "backup" else []))
    assert code == 6
    assert f"{path} is damaged at position {int(path.stem)}" in err


@pytest.mark.parametrize("verb", ["verify", "stats", "head", "backup"])
def test_without_a_log_there_is_nothing_to_tell(told, tmp_path, verb):
    code, _, err = told(verb, *(["copy"] if verb == "backup" else []))
    assert code == 1
    assert f"there is no log at {tmp_path}/var/log" in err


def test_what_is_not_in_this_version_is_said(told):
    code, _, err = told("archive")
    assert code == 2
    assert "`log archive` is not in this version." in err


def test_a_faulty_configuration_is_told_as_such(told, tmp_path):
    (tmp_path / "orchestrator.yaml").write_text("logs: 1")
    code, _, err = told("head")
    assert code == 1
    assert "orchestrator.yaml:1:1" in err
