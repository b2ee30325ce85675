"""Subjects of rules that entries stirred, until they are asked about."""

import trio
from attrs import define, field

from orchestrator.core.stir import Stirred


@define(eq=False)
class Stirs:
    """Subjects of rules that were stirred and not yet asked about, each with the latest cause.

    `everything` is the entry since which all there are have to be asked about, 0 for none.
    """

    found: dict[Stirred, int] = field(factory=dict)
    everything: int = 0
    _come: trio.Event = field(factory=trio.Event)

    def __bool__(self) -> bool:
        """Return whether there are any."""
        return bool(self.found or self.everything)

    def add(self, subjects: frozenset[Stirred] | None, cause: int) -> None:
        """Note subjects, None: everything."""
        if subjects is None:
            self.everything = cause
        else:
            self.found |= dict.fromkeys(subjects, cause)
        if self:
            self._come.set()

    def take(self) -> tuple[dict[Stirred, int], int]:
        """Return what was noted, and forget it."""
        taken = self.found, self.everything
        self.found, self.everything, self._come = {}, 0, trio.Event()
        return taken

    def nudge(self) -> None:
        """Wake who waits, though there are none: what lapsed may go."""
        self._come.set()

    async def wait(self) -> None:
        """Block until there are any, or until nudged."""
        await self._come.wait()
