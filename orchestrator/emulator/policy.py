"""How a session treats each hook: the restClientConfig of a backend's reply to connect.

It belongs to one session, and only that reply can give it; without it every hook is LOG and NOTIFY.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from attrs import frozen


class OnError(StrEnum):
    """What an error of the backend does."""

    LOG = "LOG"
    FAIL = "FAIL"


class RestPolicy(StrEnum):
    """Whether a hook is sent, and whether its reply counts."""

    NOTIFY = "NOTIFY"
    OVERWRITE = "OVERWRITE"
    DISABLE = "DISABLE"


@frozen
class HookPolicy:
    """What a session does with one hook."""

    on_error: OnError = OnError.LOG
    policy: RestPolicy = RestPolicy.NOTIFY
    overwrites: frozenset[str] = frozenset()
    excludes: frozenset[str] = frozenset()


DEFAULT: Final = HookPolicy()
CONNECT: Final = HookPolicy(on_error=OnError.FAIL)
"""Any error in reply to connect declines the session; nothing can configure that."""


def policies_in(reply: Mapping[str, Any]) -> dict[str, HookPolicy]:
    """Return the policies that a reply to connect gives, by hook; nonsense in it is left out."""
    config = reply.get("restClientConfig")
    if not isinstance(config, dict):
        return {}
    return {hook: policy_in(value) for hook, value in config.items() if isinstance(value, dict)}


def policy_in(value: Mapping[str, Any]) -> HookPolicy:
    """Return one policy; a word that is not known means the default."""
    words = str(value.get("restPolicy", "")).upper()
    policy = {"OVERWRITE": RestPolicy.OVERWRITE, "DISABLE": RestPolicy.DISABLE}.get(
        words.removesuffix("D"), RestPolicy.NOTIFY
    )
    fails = str(value.get("restOnError", "")).upper() == "FAIL"
    return HookPolicy(
        on_error=OnError.FAIL if fails else OnError.LOG,
        policy=policy,
        overwrites=names(value.get("restOverwrite")),
        excludes=names(value.get("restExclude")),
    )


def names(listed: Any) -> frozenset[str]:
    """Return the field names of a comma list."""
    return frozenset(name.strip() for name in str(listed or "").split(",") if name.strip())
