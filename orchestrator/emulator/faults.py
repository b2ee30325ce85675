"""What goes wrong, as switches to turn while the node runs. Nothing goes wrong by default.

A probability is drawn anew for each hook and for each call. Durations are in seconds.
"""

from enum import StrEnum
from random import Random

from attrs import frozen


class Hiding(StrEnum):
    """How a listing that hides what exists says so."""

    NOT_FOUND = "404"
    EMPTY = "[]"


@frozen
class Faults:
    """All faults that a node can play at once.

    Hooks are spoilt on their way, by the network: a late one survives a restart of the node.
    """

    hooks_lost: float = 0.0
    """A hook never arrives, and the node takes it for sent; one that is waited for times out."""
    hooks_doubled: float = 0.0
    """A hook arrives again, up to `hooks_copies` times, each up to `hooks_late_s` later."""
    hooks_copies: int = 1
    hooks_delayed: float = 0.0
    """An event arrives up to `hooks_late_s` later."""
    hooks_late_s: float = 10.0
    hooks_reordered: float = 0.0
    """An event waits until a later hook has overtaken it, `hooks_late_s` at most."""
    hooks_lying: float = 0.0
    """An event says the contrary: published for gone, established for lost, and back."""

    rest_groups: tuple[str, ...] = ()
    """Which calls the faults below strike, as beginnings of paths (`/push/`); empty means all."""
    rest_fails: float = 0.0
    """A call is answered with `rest_status` and has no effect."""
    rest_status: int = 500
    rest_hangs: float = 0.0
    """A call is never answered and has no effect."""
    rest_lost: float = 0.0
    """A call has its effect, and then the connection breaks without an answer."""
    rest_truncated: float = 0.0
    """The body of an answer ends in the middle; the status stays."""
    rest_html: float = 0.0
    """A call has its effect, and a page of HTML with status 200 is the answer."""
    rest_reshaped: float = 0.0
    """A listing is an object of objects instead of an array."""
    rest_delayed: float = 0.0
    """The answer comes up to `rest_late_s` after the effect."""
    rest_late_s: float = 10.0
    listings_hidden: int = 0
    """That many of the next listings show nothing although there is something, and say so by
    `listings_hidden_as`."""
    listings_hidden_as: Hiding = Hiding.NOT_FOUND

    transponder_life_s: float = 0.0
    """Transponders started from now on end by themselves after this time on average; 0 is never."""
    recording_life_s: float = 0.0
    """So do recordings, as when a disk is full."""

    agent_sorts: tuple[str, ...] = ()
    """Which agents the faults below strike (`mixer`, `rtsp`, `call`); empty means all."""
    agents_refused: float = 0.0
    """A start is answered with `agents_refused_status`, and there is no agent."""
    agents_refused_status: int = 500
    agents_fail: float = 0.0
    """A start is accepted, and the agent is gone again before it has run."""
    agents_odd: float = 0.0
    """Until it runs, an agent has a status word that no document knows."""
    agent_life_s: float = 0.0
    """Agents started from now on end by themselves after running for this time on average."""
    unreachable: tuple[str, ...] = ()
    """Beginnings of uris with nobody there: starts fail in the end, what runs is lost at once."""

    streams_frozen: frozenset[str] = frozenset()
    """Media of streams with such names (`camera-*`) stands still; they stay published."""


def strikes(random: Random, probability: float) -> bool:
    """Return whether a fault happens now; draws only when it could, so that seeds stay stable."""
    return probability > 0 and random.random() < probability
