"""Whose hooks are taken: a table of signatures and tokens, and what refusals leave behind. (T13)

WCS signs the body alone, with no time in it, so a signature does not grow old: one that is sent
again proves its sender as it did before, and the hook is a repetition.
"""

import hmac

import pytest
from attrs import evolve

from orchestrator.core.http import InetPeer, Request
from orchestrator.core.mapping import Map
from orchestrator.shell.settings import NodeSettings
from tests.stage import staged

BODY = b'{"sessionId": "s-1", "name": "show"}'
OTHER = BODY.replace(b"show", b"shop")


def signed(key, body=BODY):
    return f"WCS {hmac.new(key.encode(), body, 'md5').hexdigest()}"


RIGHT = signed("new")
TABLE = {
    "right": (("new",), (), RIGHT, "", BODY, ""),
    "right, in capitals": (("new",), (), RIGHT.upper(), "", BODY, ""),
    "wrong key": (("new",), (), signed("other"), "", BODY, "wrong signature"),
    "one byte changed": (("new",), (), RIGHT, "", OTHER, "wrong signature"),
    "one digit changed": (("new",), (), RIGHT[:-1] + "x", "", BODY, "wrong signature"),
    "cut short": (("new",), (), RIGHT[:-1], "", BODY, "wrong signature"),
    "of another scheme": (("new",), (), RIGHT.replace("WCS", "Basic"), "", BODY, "wrong signature"),
    "missing": (("new",), (), "", "", BODY, "wrong signature"),
    "old key in rotation": (("old", "new"), (), signed("old"), "", BODY, ""),
    "new key in rotation": (("old", "new"), (), signed("new"), "", BODY, ""),
    "old key after it": (("new",), (), signed("old"), "", BODY, "wrong signature"),
    "right, with the token": (("new",), ("t",), RIGHT, "t", BODY, ""),
    "right, without the token": (("new",), ("t",), RIGHT, "", BODY, ""),
    "right, with a wrong token": (("new",), ("t",), RIGHT, "u", BODY, "wrong token"),
    "wrong, with the token": (("new",), ("t",), signed("other"), "t", BODY, "wrong signature"),
    "token alone": ((), ("t",), "", "t", BODY, ""),
    "old token in rotation": ((), ("s", "t"), "", "s", BODY, ""),
    "old token after it": ((), ("t",), "", "s", BODY, "wrong token"),
    "no token": ((), ("t",), "", "", BODY, "wrong token"),
}


@pytest.mark.parametrize("name", TABLE)
async def test_t13_who_signs_right_is_taken_and_who_does_not_leaves_a_count(autojump_clock, name):
    keys, tokens, authorization, token, body, reason = TABLE[name]
    async with staged() as stage:
        await stage.start()
        node = NodeSettings(hook_tokens=tokens, hook_secrets=keys)
        stage.intake.settings = evolve(stage.intake.settings, nodes=Map(wcs1=node))
        path = f"/hooks/wcs1/{token}/connect" if token else "/hooks/wcs1/connect"
        headers = Map({"authorization": authorization} if authorization else {})
        request = Request("POST", path, "", headers, body, InetPeer("10.0.0.1", 1))
        reply = await stage.intake.respond(request)
        _, rows = await stage.ask("GET", "/api/v1/events", query="type=HookReceived")
        refused = [("wcs1", "10.0.0.1", reason, 1)] if reason else []
        assert (reply.status, len(rows)) == ((403, 0) if reason else (200, 1))
        assert [*stage.intake.refusals.listed()] == refused
        assert not any(secret in reply.body.decode() for secret in (*keys, RIGHT) if reason)
