"""Who may post hooks: a secret that is empty proves nobody."""

import hmac

import pytest
import trio
from attrs import evolve

from orchestrator.core.http import InetPeer, Request, UnixPeer
from orchestrator.core.mapping import Map
from orchestrator.core.resource import Place
from orchestrator.daemon.intake import Intake
from orchestrator.shell.secrets import FromFile, Vault
from orchestrator.shell.settings import LogSettings, NodeSettings, Settings

PEER = InetPeer("10.0.0.1", 1)
BODY = b'{"name": "show", "status": "PUBLISHING"}'
FORGED = f"WCS {hmac.new(b'', BODY, 'md5').hexdigest()}"


def answered(tmp_path, path, authorization="", peer=PEER, **node):
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
    request = Request("POST", path, "", headers, BODY, peer)
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


@pytest.mark.parametrize(
    ("address", "networks", "is_in"),
    [
        ("10.0.0.1", ("10.0.0.1",), True),
        ("10.0.0.2", ("10.0.0.1",), False),
        ("10.0.0.2", ("10.0.0.1", "10.0.0.0/30"), True),
        ("::ffff:10.0.0.1", ("10.0.0.1",), True),
        ("10.0.0.1", ("fe80::/10",), False),
        ("fe80::1%eth0", ("fe80::/10",), True),
        ("::1", ("127.0.0.1",), False),
    ],
)
def test_hooks_come_from_where_they_should(tmp_path, address, networks, is_in):
    path = "/hooks/wcs1/wrong/StreamStatusEvent"
    due = "wrong token" if is_in else "an address that is not in its hookFrom"
    found = answered(
        tmp_path, path, peer=InetPeer(address, 1), hook_tokens=("good",), hook_from=networks
    )
    assert found == (403, [due])


def test_who_has_no_address_is_nowhere(tmp_path):
    path, peer = "/hooks/wcs1/good/StreamStatusEvent", UnixPeer(1, 0, 0)
    due = (403, ["an address that is not in its hookFrom"])
    assert (
        answered(tmp_path, path, peer=peer, hook_tokens=("good",), hook_from=("0.0.0.0/0",)) == due
    )
