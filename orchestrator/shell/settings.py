"""The configuration as `shell` needs it: addresses, credentials, folders, sizes.

What decisions rest on is `core.configuration.Configuration`, kept here beside the rest. Secrets are
references (`${secret.NAME}`) or texts as they stand in the file; `shell.secrets` resolves them in
the moment of use. Paths are absolute; relative ones in the file count from the file's folder.
"""

from enum import Enum
from pathlib import Path
from typing import Final

from attrs import field, frozen

from orchestrator.core.configuration import Configuration
from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.resource import Place
from orchestrator.shell.secrets import Source

HOOKS_LISTEN: Final = "127.0.0.1:8480"
EVERY: Final = "*"


@frozen
class LogSettings:
    """Where the log is kept."""

    path: Path
    segment_max_bytes: int = 64 * 1024 * 1024


@frozen
class TlsFiles:
    """A certificate with its key, both PEM."""

    certificate: Path
    key: Path


class OnError(Enum):
    """What a hook gets whose server fails."""

    ALLOW = "allow"
    DENY = "deny"


@frozen
class Forward:
    """An application server that answers the hooks of some apps and methods, `*` for all."""

    url: str
    apps: tuple[str, ...] = (EVERY,)
    methods: tuple[str, ...] = (EVERY,)
    timeout_ms: int = 3_000
    on_error: OnError = OnError.ALLOW


@frozen
class HookSettings:
    """How hooks come in. `sealed` are dotted paths of `custom.*` fields to seal whole."""

    listen: str = HOOKS_LISTEN
    public_url: str = ""
    tls: TlsFiles | None = None
    body_max_bytes: int = 256 * 1024
    sealed: tuple[str, ...] = ()
    answers_without_log: bool = False
    forward: tuple[Forward, ...] = ()


@frozen
class NodeSettings:
    """How a node is reached and how its hooks prove themselves.

    They come from one of `hook_from`, addresses and networks, if there are any.
    """

    url: str = ""
    ws: str = ""
    tls_ca: Path | None = None
    username: str = ""
    password: str = field(default="", repr=False)
    hook_tokens: tuple[str, ...] = field(default=(), repr=False)
    hook_secrets: tuple[str, ...] = field(default=(), repr=False)
    hook_from: tuple[str, ...] = ()
    parallel: int = 8
    per_second: int = 50


@frozen
class Settings:
    """All of orchestrator.yaml. `has_named_rules` false: the folder of rules is the usual one."""

    place: Place
    log: LogSettings
    control: Path
    configuration: Configuration
    state: tuple[Path, ...] = ()
    rules: tuple[Path, ...] = ()
    has_named_rules: bool = True
    watch: bool = True
    hooks: HookSettings = field(factory=HookSettings)
    secrets: Map[str, Source] = field(default=EMPTY)
    nodes: Map[str, NodeSettings] = field(default=EMPTY)
