"""The kinds there are. Adding one is a file beside this one, and its name in this tuple."""

from types import MappingProxyType
from typing import Any, Final

from orchestrator.core.kind import Kind, Kinds
from orchestrator.kinds import (
    call,
    injection,
    mixer,
    pull,
    recording,
    stream,
    transcoder,
    transponder,
    vod,
    webrtc_push,
)

ALL: Final[tuple[Kind[Any], ...]] = (
    stream.KIND,
    pull.KIND,
    vod.KIND,
    call.KIND,
    mixer.KIND,
    transcoder.KIND,
    injection.KIND,
    transponder.KIND,
    webrtc_push.KIND,
    recording.KIND,
)
KINDS: Final[Kinds] = MappingProxyType({kind.name: kind for kind in ALL})  # in this order
