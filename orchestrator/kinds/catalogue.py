"""The kinds there are. Adding one is a file beside this one, and its name in this tuple."""

from types import MappingProxyType
from typing import Any, Final

from orchestrator.core.resource import Kind, Kinds
from orchestrator.kinds import recording, stream, transponder

ALL: Final[tuple[Kind[Any], ...]] = (stream.KIND, transponder.KIND, recording.KIND)
KINDS: Final[Kinds] = MappingProxyType({kind.name: kind for kind in ALL})  # in this order
