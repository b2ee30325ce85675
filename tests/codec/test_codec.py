"""What is on disk: every event reads back, in forms that are frozen, the same on every machine."""

import json
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples import ALL, CHECKPOINT, CODEC, RESOURCE, any_of, folded

from orchestrator import codec
from orchestrator.codec import (
    SCHEMAS,
    TAGS,
    UPCASTERS,
    Row,
    camel,
    dumps,
)
from orchestrator.core.document import DocumentAccepted
from orchestrator.core.entry import Entry, Fact
from orchestrator.core.event import NodeFound
from orchestrator.core.project import project
from orchestrator.core.world import World
from orchestrator.errors import LogNewer
from orchestrator.kinds.catalogue import KINDS

GOLDEN = Path(__file__).parent / "golden"

DIGEST = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from hashlib import sha256
from samples import ALL, CODEC
from orchestrator.core.entry import Fact
for event in ALL:
    print(sha256(CODEC.encode(Fact(event)).body.encode()).hexdigest())
"""


def row(draft, position=1, **changes):
    columns = {name: getattr(draft, name) for name in draft.__slots__ if name != "__weakref__"}
    return Row(**{"position": position, "at_ms": 5, "hash": "", **columns, **changes})


def read_back(fact):
    return CODEC.decode(row(CODEC.encode(fact)))


@pytest.mark.parametrize("tag", TAGS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_every_event_reads_back_as_it_was(tag, data):
    fact = Fact(data.draw(any_of(tag)), cause=3, actor="user:anna")
    assert read_back(fact) == Entry(1, 5, 3, "user:anna", fact.event)


def test_there_is_a_sample_of_every_event():
    assert {type(event).__name__ for event in ALL} == set(TAGS) == set(SCHEMAS)


@pytest.mark.parametrize("event", ALL, ids=lambda event: type(event).__name__)
def test_folding_what_was_read_equals_folding_what_was_written(event):
    facts = [Fact(one) for one in ALL[: ALL.index(event) + 1]]
    again = [Fact(read_back(fact).event) for fact in facts]
    assert folded(again) == folded(facts)
    assert dumps(CODEC.plain(folded(again))) == dumps(CODEC.plain(folded(facts)))


def forms():
    """Return one of each (type, schema), as it is written now; the first sample of a type."""
    drafts = {}
    for event in ALL:
        draft = CODEC.encode(Fact(event, 2, "user:anna"))
        drafts.setdefault(f"{draft.type}.{draft.schema}.json", draft)
    return {
        name: {
            "type": draft.type,
            "schema": draft.schema,
            "node": draft.node,
            "subject": draft.subject,
            "body": json.loads(draft.body),
        }
        for name, draft in drafts.items()
    }


@pytest.mark.parametrize("name", forms())
def test_a_form_on_disk_is_frozen(name):
    """A changed form raises the type's number in `SCHEMAS`, gets an upcaster and a new golden file.

    A field that is new and has a default changes no form: add it to the file by hand.
    """
    assert forms()[name] == json.loads((GOLDEN / name).read_text())


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_every_form_ever_released_can_be_read(path):
    golden = json.loads(path.read_text())
    body = orjson.dumps(golden.pop("body")).decode()
    entry = CODEC.decode(
        Row(position=9, at_ms=5, cause=2, actor="user:anna", hash="", body=body, **golden)
    )
    same = next(event for event in ALL if type(event) is type(entry.event))
    assert entry == Entry(9, 5, 2, "user:anna", same)


@pytest.mark.parametrize("event", [ALL[1], ALL[2], ALL[9], ALL[13]])
def test_keys_that_are_not_known_are_ignored(event):
    draft = CODEC.encode(Fact(event))
    raw = {**json.loads(draft.body), "fromTheFuture": [1]}
    assert CODEC.decode(row(draft, body=dumps(raw))).event == event


def test_a_key_that_is_missing_takes_its_default():
    draft = CODEC.encode(Fact(ALL[1]))
    raw = json.loads(draft.body)
    del raw["items"][0]["labels"]
    (resource,) = CODEC.decode(row(draft, body=dumps(raw))).event.items
    assert resource == evolve(RESOURCE, labels=type(RESOURCE.labels)())


def test_upcasters_run_in_order_from_the_form_that_was_written(monkeypatch):
    steps = {
        ("DocumentAccepted", 1): lambda raw: {"path": raw["name"] + "-2"},
        ("DocumentAccepted", 2): lambda raw: {"file": raw["path"] + "-3"},
    }
    monkeypatch.setattr(codec, "UPCASTERS", steps)
    monkeypatch.setattr(codec, "SCHEMAS", {**SCHEMAS, "DocumentAccepted": 3})
    forms = {1: '{"name":"a"}', 2: '{"path":"a"}', 3: '{"file":"a"}'}
    draft = CODEC.encode(Fact(DocumentAccepted("x")))
    assert draft.schema == 3
    assert [
        CODEC.decode(row(draft, schema=schema, body=body)).event for schema, body in forms.items()
    ] == [DocumentAccepted("a-2-3"), DocumentAccepted("a-3"), DocumentAccepted("a")]


def test_every_form_below_the_present_one_has_an_upcaster():
    assert set(UPCASTERS) == {
        (tag, form) for tag, schema in SCHEMAS.items() for form in range(1, schema)
    }


@pytest.mark.parametrize("changes", [{"schema": 99}, {"type": "NodeDreamt"}])
def test_what_a_newer_program_wrote_is_refused(changes):
    known = row(CODEC.encode(Fact(NodeFound("wcs1"))))
    newer = evolve(known, **changes)
    with pytest.raises(LogNewer) as raised:
        CODEC.decode(newer)
    assert (raised.value.position, raised.value.type, raised.value.schema) == (
        1,
        newer.type,
        newer.schema,
    )


def test_a_checkpoint_stands_for_everything_before_it():
    draft = CODEC.checkpoint(CHECKPOINT.world)
    entry = CODEC.decode(row(draft, position=CHECKPOINT.world.position, at_ms=77))
    world = project(World(), entry, KINDS)
    assert world == evolve(CHECKPOINT.world, at_ms=77)
    assert CODEC.checkpoint(evolve(world, at_ms=CHECKPOINT.world.at_ms)) == draft


def test_bytes_are_the_same_whatever_the_hash_seed():
    outputs = {
        subprocess.run(
            [sys.executable, "-c", DIGEST],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4711")
    }
    assert len(outputs) == 1
    assert len(outputs.pop().split()) == len(ALL)


def test_names_and_text_are_canonical():
    assert [camel(name) for name in ("node", "duplicate_of", "at_ms")] == [
        "node",
        "duplicateOf",
        "atMs",
    ]
    assert dumps({"b": [1, None], "a": "é"}) == '{"a":"é","b":[1,null]}'
