"""Bodies as the documentation of WCS prints them, frozen as the core sees them."""

import json
from pathlib import Path

from orchestrator.core.configuration import Node
from orchestrator.core.json import freeze
from orchestrator.core.kind import Source
from orchestrator.core.rest import Listing, RestReply, listing
from orchestrator.core.site import Site

SAMPLES = Path(__file__).parent.parent / "samples"


def sample(name):
    """Return one body by its path below the samples."""
    return freeze(json.loads((SAMPLES / name).read_text()))


def site(streams=(), node=None):
    """Return a node with these streams, each (name, id, position), the newest last."""
    streams = tuple(streams)
    return Site(
        node or Node(),
        lambda wanted: tuple(id_ for name, id_, _ in reversed(streams) if name == wanted),
        lambda wanted: next((name for name, id_, _ in streams if id_ == wanted), ""),
        lambda wanted: next((position for _, id_, position in streams if id_ == wanted), 0),
        lambda wanted: tuple(
            dict.fromkeys(name for name, _, _ in streams if Source(wanted).fits(name))
        ),
    )


def parsed(kind, body):
    """Return what a kind makes of a reply to its listing."""
    read = listing(RestReply(200, body), kind.identity)
    assert isinstance(read, Listing)
    return [kind.parse(item) for item in read.items]
