"""What rules do, as far as it has to be remembered: how often lately, and calls still to leave."""

from attrs import frozen

from orchestrator.core.json import Json
from orchestrator.core.mapping import Map
from orchestrator.core.value import evolve


@frozen
class Fired:
    """How often a rule did something. `times` are those of the last ones, in Unix milliseconds.

    `cause` is the last entry that it did something about; `until_ms`: it was said that it does
    nothing until then.
    """

    times: tuple[int, ...] = ()
    cause: int = 0
    until_ms: int = 0

    def shifted(self, by_ms: int) -> "Fired":
        """Return this with its times moved along with the clock."""
        times = tuple(at_ms + by_ms for at_ms in self.times)
        return evolve(self, times=times, until_ms=self.until_ms + by_ms if self.until_ms else 0)


@frozen
class Errand:
    """A call that a rule wants sent, and whose intent is not in the log yet."""

    rule: str
    node: str
    method: str
    body: Map[str, Json]
