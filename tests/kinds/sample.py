"""Bodies as the documentation of WCS prints them, frozen as the core sees them."""

import json
from pathlib import Path

from orchestrator.core.json import freeze
from orchestrator.core.rest import Listing, RestReply, listing

SAMPLES = Path(__file__).parent.parent / "samples"


def sample(name):
    """Return one body by its path below the samples."""
    return freeze(json.loads((SAMPLES / name).read_text()))


def parsed(kind, body):
    """Return what a kind makes of a reply to its listing."""
    read = listing(RestReply(200, body), kind.identity)
    assert isinstance(read, Listing)
    return [kind.parse(item) for item in read.items]
