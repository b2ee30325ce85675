from pathlib import Path

import pytest

from orchestrator.core.configuration import (
    Configuration,
    Deletes,
    Limits,
    Node,
    Policy,
    Retry,
    Timing,
)
from orchestrator.core.mapping import Map
from orchestrator.core.resource import Place
from orchestrator.errors import DocumentError
from orchestrator.shell.documents.configuration import read_configuration
from orchestrator.shell.secrets import FromCredential, FromEnvironment, FromFile, FromFolder
from orchestrator.shell.settings import (
    Forward,
    HookSettings,
    LogSettings,
    NodeSettings,
    Settings,
    TlsFiles,
)

EXAMPLE = Path(__file__).parents[3] / "docs" / "orchestrator.example.yaml"


def faults_of(tmp_path, text):
    path = tmp_path / "o.yaml"
    path.write_text(text)
    with pytest.raises(DocumentError) as raised:
        read_configuration(path)
    return [str(fault).removeprefix(f"{tmp_path}/") for fault in raised.value.faults]


def test_an_empty_mapping_is_all_defaults(tmp_path):
    path = tmp_path / "orchestrator.yaml"
    path.write_text("{}")
    assert read_configuration(path) == Settings(
        place=Place(str(path), 1, 1),
        log=LogSettings(tmp_path / "var/log"),
        control=tmp_path / "run/control.sock",
        configuration=Configuration(),
        state=(tmp_path / "state",),
        rules=(tmp_path / "rules",),
        has_named_rules=False,
    )


def test_the_example_names_every_key_with_its_default():
    base = EXAMPLE.parent
    assert read_configuration(EXAMPLE) == Settings(
        place=Place(str(EXAMPLE), 1, 1),
        log=LogSettings(base / "var/log"),
        control=base / "run/control.sock",
        configuration=Configuration(
            nodes=Map(
                {
                    "wcs1": Node(labels=Map(role="origin"), ws="wss://wcs1:8443"),
                    "wcs9": Node(retired=True),
                }
            )
        ),
        state=(base / "state",),
        rules=(base / "rules",),
        hooks=HookSettings(
            public_url="http://10.0.0.9:8480",
            tls=TlsFiles(base / "tls/hooks.pem", base / "tls/hooks.key"),
            sealed=("custom.token",),
            forward=(Forward("https://backend.example/wcs", ("defaultApp",)),),
        ),
        secrets=Map(
            {
                "youtube": FromCredential("youtube-key"),
                "hook1": FromEnvironment("HOOK_TOKEN"),
                "wcs1": FromFile(base / "keys/wcs1"),
                "tenants": FromFolder(base / "keys/tenants"),
            }
        ),
        nodes=Map(
            {
                "wcs1": NodeSettings(
                    url="https://wcs1:8444/rest-api",
                    ws="wss://wcs1:8443",
                    tls_ca=base / "tls/wcs1.pem",
                    username="orchestrator",
                    password="${secret.wcs1}",
                    hook_tokens=("${secret.hook1}",),
                ),
                "wcs9": NodeSettings(hook_tokens=("${secret.hook1}",)),
            }
        ),
    )


def test_every_value_is_taken_over(tmp_path):
    (tmp_path / "nodes").mkdir()
    (tmp_path / "nodes" / "a.yaml").write_text(
        "n1: {url: http://n1/rest, hookToken: [a1, b2], hookSecret: c3, policy: observe,"
        " hookFrom: [10.0.0.0/8, '::1'],"
        " labels: {role: edge}, limits: {parallel: 2, perSecond: 3}}"
    )
    path = tmp_path / "o.yaml"
    path.write_text(
        "log: {path: /l, segment: 1MiB}\nstate: [a, b]\nrules: []\nwatch: false\nnodes: nodes\n"
        "hooks: {listen: 'unix:/run/h', bodyMax: 1KiB, whenLogFails: refuse}\n"
        "timing: {resync: 1m, looks: {pulls: 1s}, call: 500ms}\n"
        "retry: {factor: 1.5, parkAfter: 3}\n"
        "limits: {deletes: {percent: 5}, interrupts: {perChange: 1}}\n"
    )
    assert read_configuration(path) == Settings(
        place=Place(str(path), 1, 1),
        log=LogSettings(Path("/l"), 1024 * 1024),
        control=tmp_path / "run/control.sock",
        configuration=Configuration(
            nodes=Map(n1=Node(Map(role="edge"), Policy.OBSERVE)),
            timing=Timing(
                resync_ms=60_000,
                looks_ms=Map(transponders=5_000, pulls=1_000),
                call_ms=500,
            ),
            retry=Retry(factor=1.5, park_after=3),
            limits=Limits(Deletes(percent=5), 1),
        ),
        state=(tmp_path / "a", tmp_path / "b"),
        rules=(),
        watch=False,
        hooks=HookSettings(listen="unix:/run/h", body_max_bytes=1024),
        nodes=Map(
            n1=NodeSettings(
                url="http://n1/rest",
                hook_tokens=("a1", "b2"),
                hook_secrets=("c3",),
                hook_from=("10.0.0.0/8", "::1"),
                parallel=2,
                per_second=3,
            )
        ),
    )


DURATION = "write a duration as in 500ms, 30s, 15m, 2h or 7d"


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("[]", ["o.yaml:1:1: a mapping is wanted here: write keys with values"]),
        ("wach: true", ["o.yaml:1:1: the key “wach” is not known here: did you mean “watch”?"]),
        ("watch: yes", ["o.yaml:1:8: write true or false, without quotes"]),
        ("watch: 'true'", ["o.yaml:1:8: write true or false, without quotes"]),
        ("watch:", ["o.yaml:1:7: there is no value: write one, or remove the key"]),
        ("control: 1", ["o.yaml:1:10: this is a number where a text is wanted: quote it"]),
        ("control: true", ["o.yaml:1:10: this is a boolean where a text is wanted: quote it"]),
        ("control: []", ["o.yaml:1:10: a path is wanted here, not a list or mapping"]),
        ("timing: {call: 10}", [f"o.yaml:1:16: the unit is missing: {DURATION}"]),
        ("timing: {call: 1w}", [f"o.yaml:1:16: this unit is not known: {DURATION}"]),
        ("timing: {call: 1.5s}", [f"o.yaml:1:16: {DURATION}"]),
        ("timing: {call: 0s}", ["o.yaml:1:16: this is out of range: write 1ms to 3650d"]),
        ("timing: {looks: {pull: 1s}}",
         ["o.yaml:1:18: the key “pull” is not known here: did you mean “pulls”?"]),
        ("hooks: {bodyMax: 1KB}",
         ["o.yaml:1:18: this unit is not known: write a size as in 64KiB, 20MiB or 20GiB"]),
        ("retry: {parkAfter: 0x10}",
         ["o.yaml:1:20: write a whole number in decimal digits, without quotes"]),
        ("retry: {factor: 0}", ["o.yaml:1:17: this is out of range: write 1 to 100"]),
        ("limits: {deletes: {percent: 101}}",
         ["o.yaml:1:29: this is out of range: write 0 to 100"]),
        ("log: {path: postgresql://x/y, keep: 90d, archive: a, maxSize: 1GiB}", [
            "o.yaml:1:13: write the path of a folder; databases are not in this version",
            "o.yaml:1:31: “keep” is not in this version: remove it",
            "o.yaml:1:42: “archive” is not in this version: remove it",
            "o.yaml:1:54: “maxSize” is not in this version: remove it",
        ]),
        ("hooks: {forward: [{apps: a, timeout: 90s, onError: ask}, {url: ftp://x}]}", [
            "o.yaml:1:19: “url” is missing: add it",
            "o.yaml:1:38: this is out of range: write 100ms to 1m",
            "o.yaml:1:52: write allow or deny",
            "o.yaml:1:64: write http:// or https:// and a host",
        ]),
        ("hooks: {whenLogFails: retry}\nweb: {}\noam: {}", [
            "o.yaml:1:23: write refuse or answer",
            "o.yaml:2:1: “web” is not in this version: remove it",
            "o.yaml:3:1: “oam” is not in this version: remove it",
        ]),
        ("nodes: {a: {policy: mange}, b/c: {retired: true}}", [
            "o.yaml:1:12: “url” is missing: add it, or `retired: true` for a node that is gone",
            "o.yaml:1:21: write manage or observe",
            "o.yaml:1:29: a node's name stands in addresses: use letters, digits, “.”, “_”, “-”",
        ]),
        ("nodes: {a: {url: 'http://x', hookFrom: [10.0.0.1, 10.0.0.1/8, h.lan]}}", [
            "o.yaml:1:51: write an address or a network, as in 10.0.0.5 or 10.1.0.0/16",
            "o.yaml:1:63: write an address or a network, as in 10.0.0.5 or 10.1.0.0/16",
        ]),
        ("nodes: {a: {url: 'wss://x'}}", [
            "o.yaml:1:18: write http:// or https:// and a host"]),
        ("nodes: {a: {url: 'http://x', password: '${secret.x}', ws: 'ws://${secret.x}'}}", [
            "o.yaml:1:40: the secret “x” is not listed under `secrets`: add it",
            "o.yaml:1:59: ${…} is read in password, hookToken and hookSecret only: write it out",
        ]),
        ("secrets: {x: {env: A, file: b}, y: {}}", [
            "o.yaml:1:14: write exactly one of credential, env, file and folder",
            "o.yaml:1:36: write exactly one of credential, env, file and folder",
        ]),
    ],
)  # fmt: skip
def test_every_fault_has_a_place_and_a_next_step(tmp_path, text, faults):
    assert faults_of(tmp_path, text) == faults


def test_a_configuration_that_is_not_there_is_a_fault(tmp_path):
    with pytest.raises(DocumentError) as raised:
        read_configuration(tmp_path / "o.yaml")
    assert str(raised.value) == (
        f"{tmp_path}/o.yaml:1:1: the file cannot be read (No such file or directory): "
        "check path and permissions"
    )


def test_a_node_stands_in_one_file(tmp_path):
    (tmp_path / "nodes").mkdir()
    for name in ("a", "b"):
        (tmp_path / "nodes" / f"{name}.yml").write_text("n: {url: 'http://n'}")
    assert faults_of(tmp_path, "nodes: nodes") == [
        "nodes/b.yml:1:1: “n” stands in nodes/a.yml:1 already: remove one of them"
    ]


def test_no_folder_of_state_is_a_fault_and_takes_nothing_away(tmp_path):
    assert faults_of(tmp_path, "state: []\n") == [
        "o.yaml:1:8: name a folder: without one, all that is declared would be ended"
    ]


def test_an_empty_path_is_a_fault(tmp_path):
    text = 'log: {path: ""}\ncontrol: ""\nstate: [""]\nsecrets: {a: {file: ""}}\n'
    wanted = "the path is empty: write one, or remove the key"
    assert faults_of(tmp_path, text) == [
        f"o.yaml:1:13: {wanted}",
        f"o.yaml:2:10: {wanted}",
        f"o.yaml:3:9: {wanted}",
        f"o.yaml:4:21: {wanted}",
    ]


@pytest.mark.parametrize("port", ["65536", "99999", "100000"])
def test_a_port_has_sixteen_bits(tmp_path, port):
    assert faults_of(tmp_path, f"hooks: {{listen: '127.0.0.1:{port}'}}\n") == [
        "o.yaml:1:17: write HOST:PORT, [IPv6]:PORT or unix:/PATH"
    ]


@pytest.mark.parametrize("port", ["0", "80", "8480", "65535", "008480"])
def test_every_port_is_taken(tmp_path, port):
    (tmp_path / "o.yaml").write_text(f"hooks: {{listen: '127.0.0.1:{port}'}}\n")
    assert read_configuration(tmp_path / "o.yaml").hooks.listen == f"127.0.0.1:{port}"


@pytest.mark.parametrize("host", ["[::1", "h:99999", "h:x", "[::1]x:y"])
def test_an_address_that_cannot_be_read_is_a_fault(tmp_path, host):
    assert faults_of(tmp_path, f"nodes: {{n: {{url: 'http://{host}/rest-api'}}}}\n") == [
        "o.yaml:1:18: this address cannot be read: check brackets, and a port up to 65535"
    ]
