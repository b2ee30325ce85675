"""The few errors raised on purpose.

    OrchestratorError
    ├── DocumentError        a file of yours says something we cannot take; nothing was changed
    ├── LogError             the log cannot be read or written as it must
    │   ├── LogHeld              another daemon holds it                            (exit 5)
    │   ├── LogDamaged           its chain does not verify                          (exit 6)
    │   ├── LogNewer             a newer program wrote it; nothing was written
    │   ├── LogUnreadable        something is in the way of reading it, such as a permission
    │   ├── LogUncopied          no copy of it was made; the log itself is as it was
    │   └── LogRefused           this append is not on disk; say 503, try again
    ├── NodeUnreachable      the request never reached the node: it cannot have had an effect
    ├── CallNotDue           nobody wants the call any more; nothing was sent
    ├── OutcomeUnknown       the request may have reached it; only a look can tell
    ├── BackendFailed        a forwarded hook got no answer
    ├── SecretMissing        a `${secret.…}` that cannot be read
    ├── DaemonAbsent         nobody answers on the control socket
    ├── BadExpression        a text of a rule is no expression that we take
    └── ExpressionFailed     an expression has no value for what it was asked about

Expected refusals are values, not errors. `str` of each is fit for a person and names the next step.
"""

from attrs import frozen


class OrchestratorError(Exception):
    """Anything that this program raises on purpose."""


@frozen
class Fault:
    """What is wrong in a document, and where. Lines and columns count from 1."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        """Return the form that editors jump to."""
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


@frozen(str=False)
class DocumentError(OrchestratorError):
    """A file of yours says something we cannot take; nothing was changed."""

    faults: tuple[Fault, ...]

    def __str__(self) -> str:
        """Return one line for each fault."""
        return "\n".join(str(fault) for fault in self.faults)


class LogError(OrchestratorError):
    """The log cannot be read or written as it must."""


@frozen(str=False)
class LogHeld(LogError):
    """Another daemon holds the log."""

    path: str
    pid: int

    def __str__(self) -> str:
        """Return who holds it and what to do."""
        who = f"process {self.pid}" if self.pid else "another process"
        return f"{who} holds the log {self.path}: stop it first, or name another folder in log.path"


@frozen(str=False)
class LogDamaged(LogError):
    """The chain does not verify at `position`: what stands there is not what was written."""

    path: str
    position: int
    reason: str

    def __str__(self) -> str:
        """Return the first bad position and what to do."""
        return (
            f"the log {self.path} is damaged at position {self.position}: {self.reason}. "
            "Nothing was written. Keep the folder as it is and restore a backup beside it"
        )


@frozen(str=False)
class LogNewer(LogError):
    """A newer program wrote an entry of a shape that this one does not know."""

    position: int
    type: str
    schema: int

    def __str__(self) -> str:
        """Return what was met and what to do."""
        return (
            f"position {self.position} holds {self.type} in form {self.schema}, which this version "
            "does not know. Nothing was written. Run the newer version again"
        )


@frozen(str=False)
class LogUnreadable(LogError):
    """What stands in the log cannot be read now; that says nothing against it."""

    path: str
    reason: str

    def __str__(self) -> str:
        """Return what is in the way and what to do."""
        return (
            f"the log {self.path} cannot be read: {self.reason}. "
            "Read it as a member of the group that owns its folder, or try again"
        )


@frozen(str=False)
class LogUncopied(LogError):
    """No copy of the log was made; the log itself is as it was."""

    path: str
    reason: str

    def __str__(self) -> str:
        """Return why, and what to do."""
        return f"no backup was made in {self.path}: {self.reason}. Name an empty folder with space"


@frozen(str=False)
class LogRefused(LogError):
    """What was to be appended is not on disk, and nobody was told that it is."""

    reason: str

    def __str__(self) -> str:
        """Return why."""
        return f"the log cannot be written: {self.reason}"


@frozen(str=False)
class NodeUnreachable(OrchestratorError):
    """The request never reached the node, so it had no effect there."""

    node: str
    reason: str

    def __str__(self) -> str:
        """Return which node and why."""
        return f"node {self.node} cannot be reached: {self.reason}"


@frozen(str=False)
class CallNotDue(OrchestratorError):
    """A call waited for its turn until it would not be decided on any more; nothing was sent."""

    path: str

    def __str__(self) -> str:
        """Return which call."""
        return f"{self.path} was not sent: what called for it had changed meanwhile"


@frozen(str=False)
class BackendFailed(OrchestratorError):
    """The application server that a hook was forwarded to gave no whole answer in time."""

    url: str
    reason: str

    def __str__(self) -> str:
        """Return which server, and what became of the hook."""
        return f"{self.url} did not answer: {self.reason}"


@frozen(str=False)
class OutcomeUnknown(OrchestratorError):
    """The request may have reached the node and may have had its effect; only a look can tell."""

    node: str
    reason: str

    def __str__(self) -> str:
        """Return which node and why."""
        return f"node {self.node} did not answer: {self.reason}; a look will tell what came of it"


@frozen(str=False)
class SecretMissing(OrchestratorError):
    """A secret that is named cannot be read. Never carries a value."""

    name: str
    reason: str

    def __str__(self) -> str:
        """Return which secret and what to do."""
        return f"secret {self.name}: {self.reason}"


@frozen(str=False)
class DaemonAbsent(OrchestratorError):
    """Nobody answers on the control socket."""

    path: str
    reason: str

    def __str__(self) -> str:
        """Return where we asked and what to do."""
        return (
            f"no daemon answers at {self.path} ({self.reason}): start it with "
            "`orchestrator run`, or name its configuration with --config"
        )


@frozen(str=False)
class BadExpression(OrchestratorError):
    """A text is no expression that we take."""

    reason: str

    def __str__(self) -> str:
        """Return what is wrong with it."""
        return self.reason


@frozen(str=False)
class ExpressionFailed(OrchestratorError):
    """An expression has no value for what it was asked about. Never carries what that was."""

    reason: str

    def __str__(self) -> str:
        """Return why."""
        return self.reason
