"""Folders of documents that a verb takes instead of the configured ones."""

from pathlib import Path
from typing import Any

from attrs import evolve, frozen


@frozen
class Folders:
    """Other folders of state and rules, None for the configured ones."""

    state: Path | None = None
    rules: Path | None = None

    def instead(self, settings: Any) -> Any:
        """Return settings with these folders; they count from where the user stands."""
        if self.state is not None:
            settings = evolve(settings, state=(self.state.absolute(),))
        if self.rules is not None:
            settings = evolve(settings, rules=(self.rules.absolute(),))
        return settings
