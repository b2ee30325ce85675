"""Who may post hooks: a secret that is empty proves nobody."""

import hmac

import pytest
import trio
from attrs import evolve

from orchestrator.core.http import InetPeer, Request
from orchestrator.core.mapping import Map
from orchestrator.core.resource import Place
from orchestrator.daemon.intake import Intake
from orchestrator.shell.secrets import FromFile, Vault
from orchestrator.shell.settings import LogSettings, NodeSettings, Settings

BODY = b'{"name": "show", "status": "PUBLISHING"}'
FORGED = f"WCS {hmac.new(b'', BODY, 'md5').hexdigest()}"


def answered(tmp_path, path, authorization="", **node):
    """Return the status and the reason of the refusal that a hook gets."""
    (tmp_path / "empty").write_text("\n")
    settings = Settings(
        place=Place(str(tmp_path / "orchestrator.yaml"), 1, 1),
        log=LogSettings(tmp_path),
        control=tmp_path,
        configuration=None,
        secrets=Map(empty=FromFile(tmp_path / "empty")),
        nodes=Map(wcs1=evolve(NodeSettings(url="http://wcs1"), **node)),
    )
    memory = type("Moment", (), {"now_ms": staticmethod(lambda: 0)})()
    intake = Intake(settings, memory, None, Vault(b"k" * 32, settings.secrets))
    headers = Map({"authorization": authorization} if authorization else {})
    request = Request("POST", path, "", headers, BODY, InetPeer("10.0.0.1", 1))
    reply = trio.run(intake.respond, request)
    return reply.status, [reason for _, _, reason, _ in intake.refusals.listed()]


@pytest.mark.parametrize("token", ["", "${secret.empty}"])
def test_an_empty_token_lets_nobody_in(tmp_path, token):
    path = "/hooks/wcs1/StreamStatusEvent"
    reason = "its hookToken or hookSecret is empty"
    assert answered(tmp_path, path, hook_tokens=(token,)) == (403, [reason])


@pytest.mark.parametrize("key", ["", "${secret.empty}"])
def test_an_empty_key_signs_nothing(tmp_path, key):
    path = "/hooks/wcs1/StreamStatusEvent"
    reason = "its hookToken or hookSecret is empty"
    assert answered(tmp_path, path, FORGED, hook_secrets=(key,)) == (403, [reason])


def test_an_empty_one_beside_a_good_one_counts_for_nothing(tmp_path):
    path = "/hooks/wcs1/StreamStatusEvent"
    assert answered(tmp_path, path, hook_tokens=("good", "")) == (403, ["wrong token"])


def test_an_empty_key_does_not_leave_the_token_alone(tmp_path):
    path = "/hooks/wcs1/good/StreamStatusEvent"
    reason = "its hookToken or hookSecret is empty"
    proofs = {"hook_tokens": ("good",), "hook_secrets": ("${secret.empty}",)}
    assert answered(tmp_path, path, **proofs) == (403, [reason])
