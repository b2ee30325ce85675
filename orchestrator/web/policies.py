"""How a session treats each hook, so that what rules decide takes effect: the restClientConfig.

Without one WCS goes on whatever is answered; it belongs to one session and is given in the answer
to its connect (hooks.md section 3).
"""

from collections.abc import Iterable
from typing import Final

from orchestrator.core.hook import CONNECT, SPELLINGS
from orchestrator.core.mapping import Map
from orchestrator.core.rule import Admit, Decision, Rule

PLAIN: Final = Map(
    {
        "clientExclude": "",
        "restExclude": "",
        "restOnError": "LOG",
        "restPolicy": "NOTIFY",
        "restOverwrite": "",
    }
)
"""How WCS treats a hook when nothing says otherwise (hooks.md section 3)."""


def policies_of(rules: Iterable[Rule]) -> Map[str, Map[str, str]]:
    """Return the restClientConfig that lets the rules take effect, by method."""
    policies: dict[str, dict[str, str]] = {}
    for rule in (one for one in rules if isinstance(one, Admit)):
        for method in rule.methods:
            if method == CONNECT:
                continue  # any error in reply to it declines the session, whatever is configured
            policy = policies.setdefault(method, dict(PLAIN.items()))
            if rule.may_deny and rule.when_unreachable is Decision.DENY:
                policy["restOnError"] = "FAIL"
            if rule.overwrite:
                names = {*_listed(policy["restOverwrite"]), *rule.overwrite}
                policy |= {"restPolicy": "OVERWRITE", "restOverwrite": ",".join(sorted(names))}
    needed = {
        method: Map({**policy, "restExclude": "sdp"})
        for method, policy in policies.items()
        if policy != dict(PLAIN.items())
    }
    needed |= {other: needed[one] for other, one in SPELLINGS.items() if one in needed}
    return Map(needed)


def merged(given: object, ours: Map[str, Map[str, str]]) -> dict[str, object]:
    """Return the policies of another backend with ours over them, only where ours need it."""
    config = dict(given) if isinstance(given, dict) else {}
    for method, policy in sorted(ours.items()):
        old = config.get(method)
        old = {**PLAIN, **old} if isinstance(old, dict) else dict(PLAIN)
        for name in ("restOverwrite", "restExclude"):
            old[name] = ",".join(sorted({*_listed(old[name]), *_listed(policy[name])}))
        if str(old["restPolicy"]).upper().startswith("DISABLE"):
            old["restPolicy"] = PLAIN["restPolicy"]  # what is not sent cannot be refused
        for name in ("restOnError", "restPolicy"):
            old[name] = policy[name] if policy[name] != PLAIN[name] else old[name]
        config[method] = old
    return config


def _listed(names: object) -> list[str]:
    return [name.strip() for name in str(names or "").split(",") if name.strip()]
