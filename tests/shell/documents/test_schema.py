import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator

from orchestrator.kinds.catalogue import KINDS
from orchestrator.shell.documents.schema import schema

ROOT = Path(__file__).parents[3]
VALID_NODE = "nodes: {a: {url: 'http://a', %s}}"
LINE = "transponders: {t: {node: wcs1, streamName: s, rtmpUrl: rtmp://h/a, %s}}"


def is_valid(document, text):
    return Draft7Validator(schema(document, KINDS)).is_valid(yaml.safe_load(text))


@pytest.mark.parametrize("document", ["state", "configuration"])
def test_it_is_a_schema_of_draft_7_and_plain_json(document):
    written = schema(document, KINDS)
    Draft7Validator.check_schema(written)
    assert json.loads(json.dumps(written)) == written


@pytest.mark.parametrize(
    ("document", "path"),
    [("state", "state/demo.yaml"), ("configuration", "docs/orchestrator.example.yaml")],
)
def test_it_takes_the_shipped_examples(document, path):
    text = (ROOT / path).read_text()
    errors = Draft7Validator(schema(document, KINDS)).iter_errors(yaml.safe_load(text))
    assert [error.message for error in errors] == []


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ("state", "{}"),
        ("state", LINE % "sound: {soundFile: a.wav}, retry: {first: 1s}"),
        ("state", "transponders: {t: {nodes: {a: b}, streamName: s, rtmpUrl: '${secret.x}'}}"),
        ("state", ("{defaults: {node: a, transponders: {streamName: s}}, "
                  "transponders: {t: {rtmpUrl: 'rtmp://h/${secret.x/y}'}}}")),
        ("configuration", "{}"),
        ("configuration", "nodes: folder"),
        ("configuration", VALID_NODE % "hookToken: a, hookSecret: ['${secret.b}', c]"),
        ("configuration", "nodes: {a: {retired: true}}"),
    ],
)  # fmt: skip
def test_it_takes_what_the_decoder_takes(document, text):
    assert is_valid(document, text)


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ("state", "[]"),
        ("state", "transponder: {}"),
        ("state", "pulls: []"),
        ("state", "sets: {}"),
        ("state", "transponders:"),
        ("state", "transponders: {t: 1}"),
        ("state", "transponders: {t: {streamName: s, rtmpUrl: rtmp://h/a}}"),
        ("state", "transponders: {t: {node: a, streamName: s}}"),
        ("state", LINE % "muted: 'true'"),
        ("state", LINE % "mutted: true"),
        ("state", LINE % "rtmpFlashVersion: 11"),
        ("state", LINE % "nodes: {a: b}"),
        ("state", LINE % "window: 1"),
        ("state", LINE % "sound: {}"),
        ("state", LINE % "sound: {soundFile: ''}"),
        ("state", LINE.replace("streamName: s", "streamName: ''") % "muted: true"),
        ("state", LINE % "sound: {soundFile: '${x}'}"),
        ("state", LINE % "labels: {a: '${secret.x}'}"),
        ("state", LINE % "policy: mange"),
        ("state", LINE % "retry: {first: 1}"),
        ("state", LINE.replace("rtmp://", "http://") % "muted: true"),
        ("state", LINE.replace("{t:", "{a/b:") % "muted: true"),
        ("state", "defaults: {muted: true}"),
        ("configuration", "wach: true"),
        ("configuration", "watch: 'true'"),
        ("configuration", "control: 1"),
        ("configuration", "timing: {call: 10}"),
        ("configuration", "timing: {call: 1w}"),
        ("configuration", "timing: {looks: {pull: 1s}}"),
        ("configuration", "hooks: {bodyMax: 1KB}"),
        ("configuration", "hooks: {whenLogFails: retry}"),
        ("configuration", "hooks: {tls: {key: a}}"),
        ("configuration", "retry: {factor: 0}"),
        ("configuration", "log: {path: 'postgresql://x'}"),
        ("configuration", "web: {}"),
        ("configuration", "nodes: {a: {}}"),
        ("configuration", "nodes: {a/b: {retired: true}}"),
        ("configuration", "secrets: {x: {}}"),
        ("configuration", "secrets: {x: {env: A, file: b}}"),
        ("configuration", VALID_NODE % "username: '${secret.x}'"),
    ],
)
def test_it_refuses_what_the_decoder_refuses_for_structure(document, text):
    assert not is_valid(document, text)


@pytest.mark.parametrize("document", ["state", "configuration"])
def test_the_shipped_schema_is_what_the_command_prints(document):
    shipped = json.loads((ROOT / "docs" / "schema" / f"{document}.json").read_text())
    hint = f"run `orchestrator schema {document} > docs/schema/{document}.json`"
    assert shipped == schema(document, KINDS), hint
