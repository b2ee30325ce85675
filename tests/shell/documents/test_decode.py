"""What kinds may use in their fields, whether one of today's does or not."""

from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.quantity import parse_duration, parse_size
from orchestrator.shell.documents.decode import FAULTY, Decoder
from orchestrator.shell.documents.faults import FAULTS_MAX, Faults
from orchestrator.shell.documents.member import Unit
from orchestrator.shell.documents.scalar import shown
from orchestrator.shell.documents.tree import read_tree


@frozen
class Input:
    stream_name: str
    audio_level: int = 100


@frozen
class Mixer:
    inputs: tuple[str | Input, ...]
    parameters: Map[str, Any] = EMPTY
    linger_ms: int = 0
    gain: float | None = None


def decoded(text, form=Mixer):
    faults = Faults()
    tree = read_tree(text.encode(), "f", faults)
    value = Decoder(faults, Path("/")).instance(tree, form)
    return value, [str(fault) for fault in faults.ordered]


def test_lists_unions_units_and_free_values_are_read():
    text = (
        "inputs: [host, {streamName: score, audioLevel: 80}]\n"
        "linger: 10s\n"
        "gain: 1.5e0\n"
        "parameters: {w: 1280, s: -0.5, on: true, no: yes, t: '1', n: ~, l: [1, {a: b}], o: 010}\n"
    )
    free = {
        "w": 1280, "s": -0.5, "on": True, "no": "yes", "t": "1", "n": None,
        "l": (1, Map(a="b")), "o": 10,
    }  # fmt: skip
    assert decoded(text) == (
        Mixer(("host", Input("score", 80)), Map(free), 10_000, 1.5),
        [],
    )


def test_a_list_of_one_needs_no_brackets():
    assert decoded("inputs: host") == (Mixer(("host",)), [])


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("inputs: [{audioLevel: 1}, 7]", [
            "f:1:10: “streamName” is missing: add it",
            "f:1:27: this is a number where a text is wanted: quote it",
        ]),
        ("{inputs: [], parameters: {a: 0x1f}}",
         ["f:1:30: write a number in decimal digits, without quotes"]),
        ("{inputs: [], parameters: {a: 1e999}}",
         ["f:1:30: this number is too large: write a smaller one"]),
        ("{inputs: [], parameters: {a: 1234567890123456789}}",
         ["f:1:30: write a whole number in decimal digits, without quotes"]),
        ("{inputs: [], parameters: {a: ['${x}']}}",
         ["f:1:31: ${…} has no meaning here: write the value itself"]),
        ("{inputs: [], parameters: ~}",
         ["f:1:26: a mapping is wanted here: write names with values ({} for none)"]),
        ("{inputs: [], gain: .inf}",
         ["f:1:20: write a number in decimal digits, without quotes"]),
        ("{inputs: [], gain: 'a'}",
         ["f:1:20: write a number in decimal digits, without quotes"]),
        ('{inputs: "a\\nb"}',
         ["f:1:10: line breaks and control characters are not allowed here: remove them"]),
    ],
)  # fmt: skip
def test_faults_of_free_and_mixed_values_have_places(text, faults):
    value, said = decoded(text)
    assert (value is FAULTY, said) == (True, faults)


def test_a_hostile_file_does_not_fill_the_memory_with_faults():
    _, said = decoded("inputs: []\n" + "".join(f"key{i}: 1\n" for i in range(2_000)))
    assert len(said) == FAULTS_MAX


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [("500ms", 500), ("30s", 30_000), ("15m", 900_000), ("2h", 7_200_000), ("7d", 604_800_000)],
)
def test_durations_are_read_and_shown(text, milliseconds):
    read = parse_duration(text)
    assert (read, shown(read, Unit.MILLISECONDS)) == (milliseconds, text)


@pytest.mark.parametrize(
    ("text", "size"), [("1B", 1), ("64KiB", 65_536), ("20MiB", 20 * 2**20), ("2TiB", 2**41)]
)
def test_sizes_are_read_and_shown(text, size):
    read = parse_size(text)
    assert (read, shown(read, Unit.BYTES)) == (size, text)


@pytest.mark.parametrize("text", ["", "1", "s", "-1s", "1.5s", "1 s", "1S", "１s", "1" * 16 + "s"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="write a duration as in 500ms"):
        parse_duration(text)
