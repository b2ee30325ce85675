"""What is wrong in documents, collected while they are read."""

from typing import Final

from attrs import define, field

from orchestrator.core.resource import Place
from orchestrator.errors import Fault

FAULTS_MAX: Final = 500  # nobody reads on, and a hostile file must not cost time or memory


@define
class Faults:
    """Faults, each of them once; `is_full` says that more are not kept."""

    _found: dict[Fault, None] = field(factory=dict)

    @property
    def is_full(self) -> bool:
        """Return whether there are so many that no more are kept."""
        return len(self._found) >= FAULTS_MAX

    @property
    def ordered(self) -> tuple[Fault, ...]:
        """Return them by file, line and column."""
        return tuple(sorted(self._found, key=lambda one: (one.file, one.line, one.column)))

    def add(self, place: Place, message: str) -> None:
        """Keep what is wrong at a place."""
        self.keep(Fault(place.file, place.line, place.column, message))

    def keep(self, fault: Fault) -> None:
        """Keep a fault."""
        if not self.is_full:
            self._found[fault] = None
