"""`orchestrator doctor`: what it prints, how it exits, and what it reads in the log."""

import json

import pytest
import trio
from attrs import evolve
from click.testing import CliRunner

from orchestrator.cli import doctor as module
from orchestrator.cli.main import orchestrator
from orchestrator.core.entry import Fact
from orchestrator.core.event import HookReceived
from orchestrator.core.mapping import Map
from orchestrator.web.examined import Heard
from tests.shell.log.desk import SqlitePlace, running
from tests.web.test_doctor import GOOD, NOW_MS

BAD = evolve(GOOD, heard=Heard(), url="http://wcs1/rest-api?key=hidden")


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return what runs the command on a node in this shape."""
    config = tmp_path / "orchestrator.yaml"
    config.write_text(
        "log: {path: log}\nstate: state\n"
        "nodes: {wcs1: {url: 'http://wcs1/rest-api', hookToken: t}}\n"
    )

    def run(seen, *arguments):
        monkeypatch.setattr(module, "_examined", lambda *_: seen)
        arguments = ["doctor", "--config", str(config), *arguments]
        result = CliRunner().invoke(orchestrator, arguments)
        return result.exit_code, result.output

    return run


def test_a_good_node_exits_with_0(run):
    code, output = run(GOOD, "wcs1")
    lines = output.splitlines()
    assert (code, {line[:2] for line in lines[:-1]}, lines[-1]) == (0, {"ok"}, "wcs1: well")


def test_what_is_missing_is_printed_ready_to_be_typed(run):
    code, output = run(BAD, "wcs1")
    assert (code, output.splitlines()[-15:]) == (
        1,
        [
            "!! hooks: no hook ever came from it; refused ones are in `orchestrator status`",
            (
                "-- keep-alives: none was heard: with them, the end of a stream is known sooner "
                "than by looks"
            ),
            "ok clock: nothing speaks against the node's clock",
            "on the node's console (ssh -p 2001 admin@HOST):",
            "  update app -l http://10.0.0.9:8480/hooks/wcs1/TOKEN defaultApp",
            "  add app-rest-method -a defaultApp",
            "  update app -l http://10.0.0.9:8480/hooks/wcs1/TOKEN flashStreamingApp",
            "  add app-rest-method -a flashStreamingApp",
            "in its flashphoner.properties:",
            "  disable_rest_requests=false",
            "  rest_request_timeout=15",
            "  keep_alive_streaming_sessions_enabled=true",
            "  streaming_sessions_keep_alive_interval=10000",
            "  streaming_sessions_keep_alive_app_keys=defaultApp,flashStreamingApp",
            "wcs1: something is not well",
        ],
    )
    assert "hidden" not in output


def test_scripts_get_json(run):
    code, output = run(BAD, "wcs1", "-o", "json")
    answer = json.loads(output)
    assert (code, answer["well"], list(answer)) == (
        1,
        False,
        ["node", "well", "findings", "console", "settings"],
    )


def test_an_unknown_node_is_refused(run):
    assert run(GOOD, "wcs9") == (1, "Error: wcs9: no such node (configured: wcs1)\n")


async def kept(folder):
    async with running(SqlitePlace(folder), 5) as desk:
        hooks = (("wcs1", "connect"), ("wcs2", "publishStream"), ("wcs1", "StreamStatusEvent"))
        for node, method in hooks:
            await desk.log.append([Fact(HookReceived(node, method, Map()), actor=node)])


def test_the_log_tells_which_hooks_came(tmp_path):
    assert module._heard(tmp_path / "none", "wcs1") == Heard()
    folder = tmp_path / "log"
    trio.run(kept, folder)
    last = module._heard(folder, "wcs1").last_ms
    assert sorted(last) == ["StreamStatusEvent", "connect"]
    assert NOW_MS not in last.values()
