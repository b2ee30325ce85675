import json

import pytest
from click.testing import CliRunner

from orchestrator.cli import schema, validate
from orchestrator.kinds.catalogue import KINDS
from orchestrator.shell.documents.schema import schema as schema_of

GOOD = (
    "transponders:\n  t: {node: n, streamName: s, rtmpUrl: 'rtmp://h/a/${secret.key}'}\n"
    "  u: {node: n, streamName: s, rtmpUrl: '${secret.url}'}\n"
)
CONFIGURATION = (
    "nodes: {n: {url: 'http://n', hookToken: '${secret.hook}'}}\n"
    "secrets: {key: {env: NO_KEY}, hook: {env: NO_HOOK}, url: {env: NO_URL}}\n"
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ORCHESTRATOR_CONFIG", raising=False)
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "a.yaml").write_text(GOOD)
    (tmp_path / "orchestrator.yaml").write_text(CONFIGURATION)
    return tmp_path


def run(command, *arguments):
    result = CliRunner().invoke(command, arguments)
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.usefixtures("folder")
def test_good_documents_are_good_without_their_secrets():
    assert run(validate.command) == (0, "2 files, 2 resources: no faults, no warnings\n", "")


@pytest.mark.usefixtures("folder")
def test_secrets_are_read_when_asked_for():
    assert run(validate.command, "--secrets") == (
        1,
        "2 files, no resources: 3 faults, no warnings\n",
        (
            "orchestrator.yaml:1:1: node n: secret hook: the environment has no NO_HOOK\n"
            "state/a.yaml:2:40: secret key: the environment has no NO_KEY\n"
            "state/a.yaml:3:40: secret url: the environment has no NO_URL\n"
        ),
    )


def test_faults_and_warnings_go_to_stderr(folder):
    (folder / "state" / "b.yaml").write_text("pull: {}")
    (folder / "state" / "c.yaml").write_text(
        "transponders:\n  c: {node: n, streamName: s, rtmpUrl: 'rtmp://h/a/k3y'}\n"
    )
    assert run(validate.command) == (
        1,
        "4 files, 3 resources: 1 fault, 1 warning\n",
        (
            "state/b.yaml:1:1: the key “pull” is not known here: did you mean “pulls”?\n"
            "state/c.yaml:2:40: warning: what looks like a key stands here in clear: "
            "put it into `secrets`\n"
        ),
    )


def test_a_faulty_configuration_is_said_with_its_place(folder):
    (folder / "orchestrator.yaml").write_text("wach: true")
    assert run(validate.command) == (
        1,
        "1 file, no resources: 1 fault, no warnings\n",
        "orchestrator.yaml:1:1: the key “wach” is not known here: did you mean “watch”?\n",
    )


def test_json_is_for_programs(folder):
    (folder / "state" / "b.yaml").write_text("pull: {}")
    code, out, err = run(
        validate.command, "-o", "json", "--config", str(folder / "orchestrator.yaml")
    )
    assert (code, json.loads(out), err) == (
        1,
        {
            "files": 3,
            "rules": 0,
            "resources": 2,
            "faults": [
                {
                    "file": "state/b.yaml",
                    "line": 1,
                    "column": 1,
                    "message": "the key “pull” is not known here: did you mean “pulls”?",
                }
            ],
            "warnings": [],
        },
        "",
    )


@pytest.mark.parametrize("document", ["state", "configuration", "rules"])
def test_a_schema_is_printed(document):
    code, out, err = run(schema.command, document)
    assert (code, json.loads(out), err) == (0, schema_of(document, KINDS), "")
