import os
from pathlib import Path

import pytest
from attrs import evolve

from orchestrator.core.configuration import Configuration, Policy, Retry
from orchestrator.core.mapping import Map
from orchestrator.core.resource import Key, OnChange, OnRemove, Place, Resource
from orchestrator.errors import Fault
from orchestrator.kinds.catalogue import KINDS
from orchestrator.kinds.transponder import Sound, Transponder
from orchestrator.shell.documents.state import FileRead, StateReader, read_state
from orchestrator.shell.documents.tree import read_tree

ROOT = Path(__file__).parents[3]


def said(read):
    return [str(fault).removeprefix("state/") for fault in read.faults]


def test_every_field_is_taken_over_and_secrets_are_sealed(settings, vault, write):
    write(
        "a.yaml",
        "defaults: {node: wcs1, labels: {a: b}, transponders: {muted: true}, onChange: hold}\n"
        "transponders:\n"
        "  one: {streamName: show, rtmpUrl: 'rtmp://h/live/${secret.key}',"
        " rtmpTransponderFullUrl: true}\n"
        "  two: {streamName: show, rtmpUrl: rtmp://h/two, nodes: {role: edge}, muted: false,"
        " enabled: false, policy: observe, protect: true, onRemove: keep, onChange: replace,"
        " labels: {}, retry: {max: 5s}, sound: {soundFile: a.wav, loop: true}}\n",
    )
    url = vault.declared("rtmp://h/live/hunter22", is_secret=True)
    assert url.startswith("rtmp://h/live~")
    assert read_state(settings, vault, KINDS, declared={}) == (
        FileRead(
            "state/a.yaml",
            (
                Resource(
                    key=Key("transponder", "one"),
                    spec=Transponder("show", url, rtmp_transponder_full_url=True, muted=True),
                    place=Place("state/a.yaml", 3, 3),
                    node="wcs1",
                    labels=Map(a="b"),
                    on_change=OnChange.HOLD,
                ),
                Resource(
                    key=Key("transponder", "two"),
                    spec=Transponder("show", "rtmp://h/two", sound=Sound("a.wav", loop=True)),
                    place=Place("state/a.yaml", 4, 3),
                    nodes=Map(role="edge"),
                    enabled=False,
                    policy=Policy.OBSERVE,
                    protect=True,
                    on_remove=OnRemove.KEEP,
                    on_change=OnChange.REPLACE,
                    retry=Retry(first_ms=7, max_ms=5_000),
                ),
            ),
        ),
    )


LINE = "transponders: {t: {node: wcs1, streamName: s, rtmpUrl: rtmp://h/a, %s}}"


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("# {}",
         ["a.yaml:1:1: the file is empty: write {} if nothing is declared, or delete the file"]),
        ("[]", ["a.yaml:1:1: write kinds with their resources, or {} for none"]),
        ("transponders:", ["a.yaml:1:14: write names with specifications, or {} for none"]),
        ("transponder: {}",
         ["a.yaml:1:1: the key “transponder” is not known here: did you mean “transponders”?"]),
        ("pulls: []\nsets: []\nmoved: []", [
            "a.yaml:1:8: write names with specifications, or {} for none",
            "a.yaml:2:7: write names with sets, or {} for none",
            "a.yaml:3:8: write old names with new ones: kind/old: kind/new",
        ]),
        ("streams: {}",
         [("a.yaml:1:1: the key “streams” is not known here: known are calls, defaults, "
          "injections, mixers, moved, pulls, recordings, sets, transcoders, transponders, vods, "
          "webrtcPushes.")]),
        ("transponders: {t: 1}",
         ["a.yaml:1:19: a mapping is wanted here: write fields with values"]),
        ("transponders: {t: {streamName: s}}", [
            "a.yaml:1:19: “rtmpUrl” is missing: add it",
            ("a.yaml:1:19: “node” is missing: add it, or `nodes` with labels, "
            "or put it in `defaults`"),
        ]),
        (LINE % "mutted: true",
         ["a.yaml:1:68: the key “mutted” is not known here: did you mean “muted”?"]),
        (LINE % "muted: 'true'", ["a.yaml:1:75: write true or false, without quotes"]),
        (LINE % "rtmpFlashVersion: 11",
         ["a.yaml:1:86: this is a number where a text is wanted: quote it"]),
        (LINE % "nodes: {a: b}",
         ["a.yaml:1:26: “node” and “nodes” exclude each other: remove one of them"]),
        (LINE % "window: 1, standIn: 1", [
            "a.yaml:1:68: “window” is not in this version: remove it",
            "a.yaml:1:79: “standIn” is not in this version: remove it",
        ]),
        (LINE % "labels: {a: '${secret.key}'}",
         ["a.yaml:1:80: ${…} has no meaning here: write the value itself"]),
        (LINE % "sound: {soundFile: '${key}'}",
         ["a.yaml:1:87: this ${…} cannot be read: write ${secret.NAME}"]),
        (LINE % "sound: {soundFile: '${secret.nokey}'}",
         ["a.yaml:1:87: secret nokey: it is not listed under `secrets:` in the configuration"]),
        (LINE % "retry: {first: 1}",
         ["a.yaml:1:83: the unit is missing: write a duration as in 500ms, 30s, 15m, 2h or 7d"]),
        ("transponders: {t: {node: wcs, streamName: s, rtmpUrl: 'http://h/a'}}", [
            "a.yaml:1:26: this node is not configured: did you mean “wcs2”?",
            "a.yaml:1:55: write rtmp:// or rtmps:// and a host",
        ]),
        ("transponders: {t: {node: old, streamName: s, rtmpUrl: 'rtmp:///a'}}", [
            "a.yaml:1:26: this node is retired: name another one",
            "a.yaml:1:55: write rtmp:// or rtmps:// and a host",
        ]),
        ("transponders: {t: {node: wcs1, streamName: s, rtmpUrl: rtmp://h/hunter22,x77}}", [
            ("a.yaml:1:74: the key that stands here without a value is not known here: known are "
            "enabled, labels, muted, node, nodes, onChange, onRemove, policy, protect, retry, "
            "rtmpFlashVersion, rtmpTransponderFullUrl, rtmpUrl, sound, streamName. "
            "If it belongs to the value before: "
            "inside { } and [ ] quote texts that contain ${…}, a comma or #"),
        ]),
        (LINE.replace("{t:", "{a/b:") % "",
         ["a.yaml:1:16: a name has no “/”, no “${” and no “~” in front: rename it"]),
        (LINE.replace("{t:", '{"":') % "",
         ["a.yaml:1:16: a name is empty or has invisible characters: rename it"]),
        ("defaults: {muted: true, transponders: {mutd: true, node: 1}, mixers: {}}", [
            ("a.yaml:1:12: the key “muted” is not known here: known are calls, enabled, "
            "injections, labels, mixers, node, nodes, onChange, onRemove, policy, protect, pulls, "
            "recordings, retry, transcoders, transponders, vods, webrtcPushes."),
            "a.yaml:1:40: the key “mutd” is not known here: did you mean “muted”?",
            "a.yaml:1:58: this is a number where a text is wanted: quote it",
        ]),
    ],
)  # fmt: skip
def test_every_fault_has_a_place_and_a_next_step(settings, vault, write, text, faults):
    write("a.yaml", text.replace(", }", "}"))
    (read,) = read_state(settings, vault, KINDS, declared={})
    assert (said(read), read.resources) == (faults, ())


def test_nothing_declared_is_said_by_braces(settings, vault, write):
    write("a.yaml", "{}")
    assert read_state(settings, vault, KINDS, declared={}) == (FileRead("state/a.yaml"),)


def test_a_folder_that_is_not_there_is_a_fault(settings, vault, tmp_path):
    lost = evolve(settings, state=(tmp_path / "lost",))
    message = (
        "the folder cannot be read (No such file or directory): create it, or correct its path"
    )
    assert read_state(lost, vault, KINDS, declared={}) == (
        FileRead("lost", faults=(Fault("lost", 1, 1, message),)),
    )


def test_files_are_found_below_folders_and_hidden_ones_are_not(settings, vault, write, tmp_path):
    write("b.yml", "{}")
    write("deep/a.yaml", "{}")
    write(".hidden.yaml", "x")
    write("note.txt", "x")
    os.mkfifo(tmp_path / "state" / "z.yaml")
    assert read_state(settings, vault, KINDS, declared={}) == (
        FileRead("state/b.yml"),
        FileRead("state/deep/a.yaml"),
        FileRead(
            "state/z.yaml",
            faults=(
                Fault("state/z.yaml", 1, 1, "this is no regular file: remove it from the folder"),
            ),
        ),
    )


def transponder(name, url, **more):
    fields = "".join(f", {key}: {value}" for key, value in more.items())
    return f"  {name}: {{node: wcs1, streamName: s, rtmpUrl: '{url}'{fields}}}\n"


def section(*lines):
    return "transponders:\n" + "".join(lines)


def world_of(reads):
    return {one.key: one for read in reads for one in read.resources}


def test_the_first_file_keeps_a_name(settings, vault, write):
    write("a.yaml", section(transponder("t", "rtmp://h/a")))
    write("b.yaml", section(transponder("t", "rtmp://h/b"), transponder("u", "rtmp://h/u")))
    reads = read_state(settings, vault, KINDS, declared={})
    assert [(len(read.resources), said(read)) for read in reads] == [
        (1, []),
        (
            0,
            ["b.yaml:2:3: transponder/t is declared in state/a.yaml:2 already: rename one of them"],
        ),
    ]


def test_who_has_a_name_already_keeps_it(settings, vault, write):
    write("b.yaml", section(transponder("t", "rtmp://h/b")))
    world = world_of(read_state(settings, vault, KINDS, declared={}))
    write("a.yaml", section(transponder("t", "rtmp://h/a")))
    reads = read_state(settings, vault, KINDS, declared=world)
    assert [(len(read.resources), said(read)) for read in reads] == [
        (
            0,
            ["a.yaml:2:3: transponder/t is declared in state/b.yaml:2 already: rename one of them"],
        ),
        (1, []),
    ]


def test_a_faulty_file_keeps_the_names_that_it_last_had(settings, vault, write):
    write("a.yaml", section(transponder("t", "rtmp://h/a")))
    world = world_of(read_state(settings, vault, KINDS, declared={}))
    write("a.yaml", "faulty")
    write("b.yaml", section(transponder("t", "rtmp://h/a"), transponder("u", "rtmp://h/b")))
    reads = read_state(settings, vault, KINDS, declared=world)
    assert [said(read) for read in reads] == [
        ["a.yaml:1:1: write kinds with their resources, or {} for none"],
        ["b.yaml:2:3: transponder/t is declared in state/a.yaml:2 already: rename one of them"],
    ]


def test_a_name_may_move_from_one_good_file_to_another(settings, vault, write):
    write("b.yaml", section(transponder("t", "rtmp://h/a")))
    world = world_of(read_state(settings, vault, KINDS, declared={}))
    write("a.yaml", section(transponder("t", "rtmp://h/a")))
    write("b.yaml", "{}")
    reads = read_state(settings, vault, KINDS, declared=world)
    assert [(len(read.resources), said(read)) for read in reads] == [(1, []), (0, [])]


def test_two_may_not_have_one_target_even_behind_a_secret(settings, vault, write):
    write(
        "a.yaml",
        section(transponder("t", "rtmp://H:1935/a/${secret.key}", rtmpTransponderFullUrl="true")),
    )
    write(
        "b.yaml",
        section(transponder("u", "rtmp://h/a/hunter22/", rtmpTransponderFullUrl="true")),
    )
    write(
        "c.yaml",
        section(
            transponder("v", "rtmp://h/a/hunter22", rtmpTransponderFullUrl="true", enabled="false")
        ),
    )
    reads = read_state(settings, vault, KINDS, declared={})
    assert [said(read) for read in reads] == [
        [],
        [
            (
                "b.yaml:2:3: transponder/t in state/a.yaml:2 has the same target: "
                "remove or disable one of them"
            )
        ],
        [],
    ]


def test_who_has_a_target_already_keeps_it(settings, vault, write):
    write("a.yaml", section(transponder("t", "rtmp://h/a")))
    write("b.yaml", section(transponder("u", "rtmp://h/b/${secret.key}")))
    world = world_of(read_state(settings, vault, KINDS, declared={}))
    write("a.yaml", section(transponder("t", "rtmp://h/b/${secret.key}")))
    reads = read_state(settings, vault, KINDS, declared=world)
    assert [said(read) for read in reads] == [
        [
            (
                "a.yaml:2:3: transponder/u in state/b.yaml:2 has the same target: "
                "remove or disable one of them"
            )
        ],
        [],
    ]


def test_a_key_in_clear_is_a_warning_that_does_not_show_it(settings, vault, write):
    write("a.yaml", section(transponder("t", "rtmp://h/a/hunter22")))
    (read,) = read_state(settings, vault, KINDS, declared={})
    assert [str(one) for one in (*read.faults, *read.warnings)] == [
        "state/a.yaml:2:43: what looks like a key stands here in clear: put it into `secrets`"
    ]


def test_a_file_that_did_not_change_is_not_read_again(settings, vault, write, monkeypatch):
    write("a.yaml", section(transponder("t", "rtmp://h/a/${secret.key}")))
    read_files = []

    def read_and_note(data, file, faults):
        read_files.append(file)
        return read_tree(data, file, faults)

    monkeypatch.setattr("orchestrator.shell.documents.resource.read_tree", read_and_note)
    reader = StateReader()
    first = reader.read(settings, vault, KINDS, declared={})
    assert reader.read(settings, vault, KINDS, declared={}) == first
    write("b.yaml", "{}")
    reader.read(settings, vault, KINDS, declared={})
    assert read_files == ["state/a.yaml", "state/b.yaml"]


def test_a_secret_that_changed_is_seen_without_a_change_of_the_file(
    settings, vault, write, tmp_path
):
    write("a.yaml", section(transponder("t", "rtmp://h/a/${secret.key}")))
    reader = StateReader()
    (before,) = reader.read(settings, vault, KINDS, declared={})
    (tmp_path / "key").write_text("other-key")
    (after,) = reader.read(settings, vault, KINDS, declared={})
    assert after.resources[0].spec.rtmp_url == vault.declared(
        "rtmp://h/a/other-key", is_secret=True
    )
    assert after.resources != before.resources


def test_nodes_that_went_make_files_faulty_that_did_not_change(settings, vault, write):
    write("a.yaml", section(transponder("t", "rtmp://h/a")))
    reader = StateReader()
    reader.read(settings, vault, KINDS, declared={})
    (read,) = reader.read(
        evolve(settings, configuration=Configuration()), vault, KINDS, declared={}
    )
    assert said(read) == ["a.yaml:2:13: this node is not configured: remove it."]


def test_the_shipped_example_is_good(settings, vault):
    shipped = evolve(settings, state=(ROOT / "state",))
    (read,) = read_state(shipped, vault, KINDS, declared={})
    assert (read.faults, read.warnings, len(read.resources)) == ((), (), 12)


def test_labels_that_no_node_has_are_a_warning(settings, vault, write):
    line = transponder("t", "rtmp://h/a").replace("node: wcs1", "nodes: {role: lost}")
    write("a.yaml", section(line))
    (read,) = read_state(settings, vault, KINDS, declared={})
    assert (said(read), [str(one) for one in read.warnings]) == (
        [],
        ["state/a.yaml:2:14: no node has these labels now: nothing is placed"],
    )


def test_a_stream_and_a_sound_have_a_name(settings, vault, write):
    write(
        "a.yaml",
        """transponders:
  a: {node: wcs1, streamName: "", rtmpUrl: "rtmp://h/a"}
  b: {node: wcs1, streamName: s, rtmpUrl: "rtmp://h/a", sound: {soundFile: ""}}
""",
    )
    (read,) = read_state(settings, vault, KINDS, declared={})
    assert said(read) == [
        "a.yaml:2:31: write the name of a stream",
        "a.yaml:3:76: write the name of a WAV file",
    ]


@pytest.mark.parametrize(
    ("name", "file"),
    [
        (b"\xff.yaml", r"state/\xff.yaml"),
        (b"a\nb.yaml", r"state/a\nb.yaml"),
        ("\u202eä ö.yaml".encode(), "state/\\u202eä ö.yaml"),
    ],
)
def test_a_file_whose_name_is_no_text_is_named_in_text(settings, vault, tmp_path, name, file):
    path = tmp_path / "state" / os.fsdecode(name)
    path.write_text("transponders:\n  a: {node: wcs1, streamName: s, rtmpUrl: 'rtmp://h/a'}\n")
    (read,) = read_state(settings, vault, KINDS, declared={})
    (resource,) = read.resources
    assert (read.file, resource.place.file) == (file, file)
    path.write_text("")
    (faulty,) = read_state(settings, vault, KINDS, declared={})
    assert [fault.file for fault in faulty.faults] == [file]
