import pytest

from orchestrator.core.resource import Place
from orchestrator.shell.documents.faults import Faults
from orchestrator.shell.documents.tree import (
    BYTES_MAX,
    MappingNode,
    ScalarNode,
    SequenceNode,
    read_tree,
)


def place(line, column):
    return Place("f.yaml", line, column)


def faults_of(data):
    faults = Faults()
    read_tree(data, "f.yaml", faults)
    return [str(fault) for fault in faults.ordered]


def test_every_node_knows_its_place():
    faults = Faults()
    tree = read_tree("\ufeff# x\nä: [1, 'b']\nc: {d: ~}\n".encode(), "f.yaml", faults)
    assert (tree, faults.ordered) == (
        MappingNode(
            place(2, 1),
            (
                (
                    ScalarNode(place(2, 1), "ä", is_plain=True),
                    SequenceNode(
                        place(2, 4),
                        (
                            ScalarNode(place(2, 5), "1", is_plain=True),
                            ScalarNode(place(2, 8), "b", is_plain=False),
                        ),
                    ),
                ),
                (
                    ScalarNode(place(3, 1), "c", is_plain=True),
                    MappingNode(
                        place(3, 4),
                        (
                            (
                                ScalarNode(place(3, 5), "d", is_plain=True),
                                ScalarNode(place(3, 8), "~", is_plain=True),
                            ),
                        ),
                    ),
                ),
            ),
        ),
        (),
    )


EMPTY = "f.yaml:1:1: the file is empty: write {} if nothing is declared, or delete the file"
ANCHOR = "anchors and aliases (& and *) are not read: write it out, or use `defaults`"
FLOW = "inside { } and [ ] quote texts that contain ${…}, a comma or #"


@pytest.mark.parametrize(
    ("data", "faults"),
    [
        (b"", [EMPTY]),
        (b"# nothing\n", [EMPTY]),
        (
            b"a: 1\nb: 2\na: 3\nb: 4\n",
            [
                ("f.yaml:3:1: the key “a” stands twice, first in line 1, column 1: "
                "remove one of them"),
                ("f.yaml:4:1: the key “b” stands twice, first in line 2, column 1: "
                "remove one of them"),
            ],
        ),
        (b"a: &x 1\nb: *x\n", [f"f.yaml:1:4: {ANCHOR}", f"f.yaml:2:4: {ANCHOR}"]),
        (b"a: !!int 1\nb: !x {}\n", [
            "f.yaml:1:4: tags (!) are not read: remove it",
            "f.yaml:2:4: tags (!) are not read: remove it",
        ]),
        (b"a: 1\n---\nb: 2\n", [
            "f.yaml:2:1: a second document begins here: put it into a file of its own"
        ]),
        (b"[a]: 1\n", ["f.yaml:1:1: a list or mapping is no key: write a text"]),
        (b"a: 1\nb: \xff\n", ["f.yaml:2:4: this is not UTF-8: save the file as UTF-8"]),
        ("a: 1".encode("utf-16"), ["f.yaml:1:1: this is not UTF-8: save the file as UTF-8"]),
        (b"a: b\nc: \x00", ["f.yaml:2:4: the control character U+0000 is not allowed: remove it"]),
        (b"a" * (BYTES_MAX + 1), ["f.yaml:1:1: the file is larger than 4 MiB: split it"]),
        (b"[" * 100_000, ["f.yaml:1:65: this nests deeper than 64 levels: flatten it"]),
        (b"{a: " * 100_000, ["f.yaml:1:254: this nests deeper than 64 levels: flatten it"]),
        (b"a: {b: ${secret.c}}\n", [
            f"f.yaml:1:9: this is not YAML, did not find expected ',' or '}}': {FLOW}"
        ]),
        (b"a:\n\tb: 1\n", [
            ("f.yaml:2:1: this is not YAML, found character that cannot start any token: "
            "indent with spaces, not tabs, and quote texts that begin with @, ` or %")
        ]),
        (b"a: 'b\n", [
            ("f.yaml:2:1: this is not YAML, found unexpected end of stream: "
            "check quotes, colons and indentation")
        ]),
    ],
)  # fmt: skip
def test_what_is_not_read_is_said_with_its_place(data, faults):
    assert faults_of(data) == faults


def test_a_file_of_nothing_but_values_is_given_up():
    assert faults_of(b"[" + b"a," * 300_000 + b"]") == [
        "f.yaml:1:500000: the file holds over 250000 values: split it"
    ]


def test_an_alias_bomb_is_refused_before_it_grows():
    bomb = b"a0: &a0 [x, x]\n" + b"".join(
        b"a%d: &a%d [*a%d, *a%d]\n" % (i, i, i - 1, i - 1) for i in range(1, 40)
    )
    assert len(faults_of(bomb)) == 40 + 2 * 39
