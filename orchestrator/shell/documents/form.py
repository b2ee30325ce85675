"""How orchestrator.yaml is written, class by class; `configuration` makes settings of it.

What decisions rest on has its classes in `core.configuration`; they are used here as they are.
"""

from pathlib import Path
from typing import Final

from attrs import field, frozen

from orchestrator.core.configuration import Deletes, Policy, Recorder, Retry, Timing
from orchestrator.core.destination import Destinations
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.shell.documents.member import (
    Later,
    Named,
    Network,
    OneOf,
    Pattern,
    Range,
    Secret,
    rules,
    scheme,
)
from orchestrator.shell.settings import EVERY, HOOKS_LISTEN, OnError

KIB: Final = 1024
MIB: Final = 1024 * KIB
LISTEN: Final = Pattern(
    r"unix:/.+|(\[[0-9a-fA-F:.]+\]|[^:/\s]+):"
    r"0*([0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])",
    "HOST:PORT, [IPv6]:PORT or unix:/PATH",
)
FOLDER: Final = Pattern(
    r"(?!postgres(ql)?://).*", "the path of a folder; databases are not in this version"
)
CUSTOM: Final = Pattern(r"custom(\.[A-Za-z0-9_-]+)+", "a dotted path as in custom.token")


@frozen
class LogForm:
    """Where the log is kept. It is a folder of segments, each up to the size of `segment`."""

    path: Path = field(default=Path("var/log"), metadata=rules(FOLDER))
    segment_bytes: int = field(default=64 * MIB, metadata=rules(Range(64 * KIB, 1024 * MIB)))
    keep: Later | None = None
    archive: Later | None = None
    max_size: Later | None = None


@frozen
class SourceForm:
    """Where a secret comes from; exactly one of these."""

    credential: str | None = None
    env: str | None = None
    file: Path | None = None
    folder: Path | None = None


@frozen
class ServerTlsForm:
    """A certificate with its key, both PEM files."""

    certificate: Path
    key: Path


@frozen
class ForwardForm:
    """An application server that had these hooks before us; the first that fits answers."""

    url: str = field(metadata=rules(scheme("http", "https")))
    apps: tuple[str, ...] = field(default=(EVERY,), metadata=rules(Named("an appKey, or *")))
    methods: tuple[str, ...] = field(default=(EVERY,), metadata=rules(Named("a hook, or *")))
    timeout_ms: int = field(default=3_000, metadata=rules(Range(100, 60_000)))
    on_error: OnError = OnError.ALLOW


@frozen
class HooksForm:
    """How hooks come in. `sealed` names fields of clients (`custom.token`) to seal whole."""

    listen: str = field(default=HOOKS_LISTEN, metadata=rules(LISTEN))
    public_url: str = field(default="", metadata=rules(scheme("http", "https")))
    tls: ServerTlsForm | None = None
    body_max_bytes: int = field(default=256 * KIB, metadata=rules(Range(KIB, 64 * MIB)))
    sealed: tuple[str, ...] = field(default=(), metadata=rules(CUSTOM))
    when_log_fails: str = field(default="refuse", metadata=rules(OneOf(("refuse", "answer"))))
    forward: tuple[ForwardForm, ...] = ()


@frozen
class NodeTlsForm:
    """The authority that signed the node's certificate, a PEM file."""

    ca: Path


@frozen
class NodeLimitsForm:
    """How many calls a node gets at one time, and in one second."""

    parallel: int = field(default=8, metadata=rules(Range(1, 256)))
    per_second: int = field(default=50, metadata=rules(Range(1, 10_000)))


@frozen
class NodeForm:
    """One WCS server. A retired one is not managed; its hooks are still answered.

    `recorder` says which methods record on it: the group /recorder, or those of /stream, where an
    older build has nothing else.
    """

    url: str = field(default="", metadata=rules(scheme("http", "https")))
    ws: str = field(default="", metadata=rules(scheme("ws", "wss")))
    tls: NodeTlsForm | None = None
    username: str = ""
    password: str = field(default="", metadata=rules(Secret()), repr=False)
    hook_token: tuple[str, ...] = field(default=(), metadata=rules(Secret()), repr=False)
    hook_secret: tuple[str, ...] = field(default=(), metadata=rules(Secret()), repr=False)
    hook_from: tuple[str, ...] = field(default=(), metadata=rules(Network()))
    labels: Map[str, str] = EMPTY
    policy: Policy = Policy.MANAGE
    limits: NodeLimitsForm = field(factory=NodeLimitsForm)
    recorder: Recorder = Recorder.RECORDER
    retired: bool = False


@frozen
class InterruptsForm:
    """How much of what is running one change of documents may interrupt."""

    per_change: int = 5


@frozen
class LimitsForm:
    """What a change of documents may do without being asked back."""

    deletes: Deletes = field(factory=Deletes)
    interrupts: InterruptsForm = field(factory=InterruptsForm)


@frozen
class ConfigurationForm:
    """All of orchestrator.yaml."""

    log: LogForm = field(factory=LogForm)
    state: tuple[Path, ...] = (Path("state"),)
    rules: tuple[Path, ...] = (Path("rules"),)
    control: Path = Path("run/control.sock")
    watch: bool = True
    secrets: Map[str, SourceForm] = EMPTY
    hooks: HooksForm = field(factory=HooksForm)
    nodes: Map[str, NodeForm] | Path = EMPTY
    timing: Timing = field(factory=Timing)
    retry: Retry = field(factory=Retry)
    limits: LimitsForm = field(factory=LimitsForm)
    destinations: Destinations = field(factory=Destinations)
    web: Later | None = None
    oam: Later | None = None
