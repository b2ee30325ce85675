"""Sets and new names in state files, and the cycles that files can close."""

import pytest
from attrs import evolve

from orchestrator.core.configuration import Configuration, Node
from orchestrator.core.document import Moved
from orchestrator.core.mapping import Map
from orchestrator.core.resource import Key
from orchestrator.kinds.catalogue import KINDS
from orchestrator.shell.documents.state import read_state

SET = """defaults: {node: wcs1}
sets:
  cameras:
    over: %s
    make:
      pulls: {"${key}": {uri: "rtsp://10.0.0.1/${value}", localStreamName: "cam-${key}"}}
"""


@pytest.fixture
def one_node(settings):
    return evolve(settings, configuration=Configuration(nodes=Map(wcs1=Node(), wcs2=Node())))


def read(settings, vault, write, **files):
    """Return what is declared, and what is wrong, of files by name."""
    for name, text in files.items():
        write(f"{name}.yaml", text)
    found = read_state(settings, vault, KINDS, declared={})
    resources = {one.key.name: one.spec for file in found for one in file.resources}
    return resources, [str(fault) for file in found for fault in file.faults]


def test_a_set_is_the_same_for_many(one_node, vault, write):
    resources, faults = read(one_node, vault, write, a=SET % "{a: x, b: y}")
    assert (faults, sorted(resources)) == ([], ["a", "b"])
    assert resources["b"].uri == "rtsp://10.0.0.1/y"
    assert resources["b"].local_stream_name == "cam-b"


def test_keys_alone_are_their_own_values(one_node, vault, write):
    resources, faults = read(one_node, vault, write, a=SET % "[a, b]")
    assert (faults, resources["b"].uri) == ([], "rtsp://10.0.0.1/b")


def test_values_may_have_fields(one_node, vault, write):
    text = """sets:
  s:
    over: {a: {node: wcs2, width: "640"}}
    make:
      transcoders:
        "${key}":
          node: "${value.node}"
          remoteStreamName: in
          localStreamName: out
          encoder: {width: "${value.width}"}
"""
    resources, faults = read(one_node, vault, write, a=text)
    assert (faults, resources["a"].encoder.width) == ([], 640)


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("sets: 1", ["1:7: write names with sets, or {} for none"]),
        ("sets: {s: 1}", ["1:11: a set has “over” and “make”: write both"]),
        ("sets: {s: {over: [a]}}",
         ["1:8: a set has “over” with values and “make” with resources: write both"]),
        ("sets: {s: {over: [a], make: {}, for: 1}}",
         ["1:33: the key “for” is not known here: known are make, over."]),
        ("sets: {s: {over: 1, make: {}}}", ["1:18: write keys with values, or a list of keys"]),
        ("sets: {s: {over: [[a]], make: {}}}",
         ["1:19: a list holds keys: write texts, or use a mapping"]),
        ("sets: {s: {over: {a: [b]}, make: {}}}",
         ["1:22: a value is a text, or a mapping with texts"]),
        ("sets: {s: {over: {a: {b: [c]}}, make: {}}}",
         ["1:22: the fields of a value are texts: write texts"]),
        ('sets: {s: {over: {a: {b: c}}, make: {pulls: {"${value.d}": {}}}}}',
         ["1:46: there is no ${value.d} here: there are ${key}, ${value.b}",
          "1:46: a name is empty or has invisible characters: rename it"]),
        ("sets: {s: {over: [a], make: {pull: {}}}}",
         ["1:30: the key “pull” is not known here: did you mean “pulls”?"]),
        ("moved: 1", ["1:8: write old names with new ones: kind/old: kind/new"]),
        ("moved: {transponder/a: recording/b}",
         ["1:9: a new name is of the same kind, and another one"]),
        ("moved: {transponder/a: [b]}",
         [("1:24: write kind/name; kinds are call, injection, mixer, pull, recording, "
           "transcoder, transponder, vod, webrtcPush")]),
        ("moved: {a: transponder/b}",
         [("1:9: write kind/name; kinds are call, injection, mixer, pull, recording, "
           "transcoder, transponder, vod, webrtcPush")]),
    ],
)  # fmt: skip
def test_what_is_wrong_has_a_place_and_a_next_step(one_node, vault, write, text, faults):
    found = read(one_node, vault, write, a=text)
    assert found[1][: len(faults)] == [f"state/a.yaml:{fault}" for fault in faults]


def test_a_set_that_is_too_large_is_a_slip(one_node, vault, write):
    keys = ", ".join(str(number) for number in range(10_001))
    _, faults = read(one_node, vault, write, a=f"sets: {{s: {{over: [{keys}], make: {{}}}}}}")
    assert faults == ["state/a.yaml:1:18: more than 10000 values: split the set"]


def test_new_names_are_read_and_keep_what_follows_from_the_first(one_node, vault, write):
    text = "moved: {mixer/a: mixer/b, mixer/b: mixer/c}\n"
    text += "mixers: {c: {node: wcs1, localStreamName: show}}\n"
    write("a.yaml", text)
    (file,) = read_state(one_node, vault, KINDS, declared={})
    assert file.moved == (
        Moved(Key("mixer", "a"), Key("mixer", "b")),
        Moved(Key("mixer", "b"), Key("mixer", "c")),
    )
    assert [one.spec.uri for one in file.resources] == ["mixer://a"]


CYCLE = """defaults: {node: wcs1}
transcoders:
  a: {remoteStreamName: three, localStreamName: one}
  b: {remoteStreamName: one, localStreamName: two}
  c: {remoteStreamName: two, localStreamName: three}
"""


def test_things_that_wait_for_each_other_are_a_fault_with_their_path(one_node, vault, write):
    resources, faults = read(one_node, vault, write, a=CYCLE)
    assert resources == {}
    path = "transcoder/a → transcoder/c → transcoder/b → transcoder/a"
    message = f"these wait for each other for ever: {path}; end the cycle"
    assert faults == [f"state/a.yaml:5:3: {message}"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a: {remoteStreamName: three", "a: {remoteStreamName: other"),
        ("  a: {", "  a: {node: wcs2, "),
        ("  a: {", "  a: {enabled: false, "),
    ],
)
def test_a_chain_and_things_on_other_nodes_are_no_cycle(one_node, vault, write, old, new):
    resources, faults = read(one_node, vault, write, a=CYCLE.replace(old, new))
    assert (sorted(resources), faults) == (["a", "b", "c"], [])


def test_only_the_file_that_closes_a_cycle_is_at_fault(one_node, vault, write):
    head, last = CYCLE.rsplit("  c:", 1)
    other = f"defaults: {{node: wcs1}}\ntranscoders:\n  c:{last}"
    resources, faults = read(one_node, vault, write, a=head, b=other)
    assert (sorted(resources), len(faults)) == (["a", "b"], 1)
    assert faults[0].startswith("state/b.yaml:3:3: these wait for each other")


def test_one_stream_has_one_maker_on_a_node(one_node, vault, write):
    text = """defaults: {node: wcs1}
vods: {a: {uri: vod-live://a.mp4, localStreamName: show}}
mixers: {b: {localStreamName: show}}
"""
    _, faults = read(one_node, vault, write, a=text)
    assert faults == [
        (
            "state/a.yaml:3:10: vod/a in state/a.yaml:2 has the same target: "
            "remove or disable one of them"
        )
    ]
    elsewhere = text.replace("mixers: {b: {", "mixers: {b: {node: wcs2, ")
    assert read(one_node, vault, write, a=elsewhere)[1] == []


def test_inputs_may_be_names_alone(one_node, vault, write):
    text = """mixers:
  show: {node: wcs1, localStreamName: show, inputs: [host, {streams: "guest-*", max: 2}]}
"""
    resources, faults = read(one_node, vault, write, a=text)
    first, second = resources["show"].inputs
    assert (faults, first.stream_name, second.streams, second.max) == ([], "host", "guest-*", 2)


def test_what_a_kind_finds_wrong_is_said_at_the_line(one_node, vault, write):
    text = "pulls:\n  a: {node: wcs1, uri: http://x}\n"
    _, faults = read(one_node, vault, write, a=text)
    assert faults == [
        (
            "state/a.yaml:2:6: write a “uri” with rtmp://, rtsp:// or ws:// and a host, "
            "or “from” with a node"
        )
    ]
