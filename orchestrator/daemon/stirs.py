"""Subjects of rules that entries stirred, until they are asked about."""

import trio
from attrs import define, field

from orchestrator.core.stir import All, Stir, Stirred


@define(eq=False)
class Stirs:
    """Subjects of rules that were stirred and not yet asked about, each with the latest cause.

    `everything` has the nodes of which all has to be asked about, "" for all of them.
    """

    found: dict[Stirred, int] = field(factory=dict)
    everything: dict[str, int] = field(factory=dict)
    _come: trio.Event = field(factory=trio.Event)

    def __bool__(self) -> bool:
        """Return whether there are any."""
        return bool(self.found or self.everything)

    def add(self, subjects: Stir, cause: int) -> None:
        """Note what an entry stirred."""
        if isinstance(subjects, All):
            self.everything[subjects.node] = cause
        else:
            self.found |= dict.fromkeys(subjects, cause)
        if self:
            self._come.set()

    def take(self) -> tuple[dict[Stirred, int], dict[str, int]]:
        """Return what was noted, and forget it."""
        taken = self.found, self.everything
        self.found, self.everything, self._come = {}, {}, trio.Event()
        return taken

    def nudge(self) -> None:
        """Wake who waits, though there are none: what lapsed may go."""
        self._come.set()

    async def wait(self) -> None:
        """Block until there are any, or until nudged."""
        await self._come.wait()
