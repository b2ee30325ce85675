"""TLS: one certificate after the other."""

import ssl

import pytest
import trio
import trustme
from loopback import answer, get, listening, read_all, read_answer

from orchestrator.shell.listen.limits import Limits, Refused
from orchestrator.shell.listen.wire import Tls


@pytest.fixture
def issue(tmp_path):
    """Give a function that writes a new certificate and returns a client's view of its maker."""

    def write():
        ca = trustme.CA()
        certificate = ca.issue_cert("127.0.0.1")
        certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
        certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
        client = ssl.create_default_context()
        ca.configure_trust(client)
        return client

    return write


async def secured(stream, client):
    secure = trio.SSLStream(stream, client, server_hostname="127.0.0.1", https_compatible=True)
    await secure.do_handshake()
    return secure


async def test_speaks_tls_and_changes_certificates_while_it_runs(issue, tmp_path):
    before = issue()
    tls = Tls(tmp_path / "cert.pem", tmp_path / "key.pem")
    async with listening(tls=tls) as (_, connect):
        old = await secured(await connect(), before)
        after = issue()
        tls.reload()
        new = await secured(await connect(), after)
        for stream in (old, new):
            await stream.send_all(get("/", method="POST", body=200_000 * b"x"))
            assert await read_answer(stream) == answer("200 OK", b"POST / 200000")
        await new.send_all(get(more="Connection: close\r\n"))
        assert await read_all(new) == answer("200 OK", b"GET / 0", keeps=False)
        await old.aclose()
        (tmp_path / "key.pem").write_text("no key")
        with pytest.raises(ssl.SSLError) as raised:
            tls.reload()
        assert raised.value.filename == f"{tmp_path}/cert.pem with {tmp_path}/key.pem"
        await secured(await connect(), after)


async def test_a_large_answer_goes_through_tls_whole(issue, tmp_path):
    from orchestrator.core.http import Reply  # noqa: PLC0415

    async def respond(_):
        return Reply(200, 3_000_000 * b"x")

    client = issue()
    tls = Tls(tmp_path / "cert.pem", tmp_path / "key.pem")
    async with listening(respond, tls=tls) as (_, connect):
        stream = await secured(await connect(), client)
        await stream.send_all(get())
        assert (await read_answer(stream)).endswith(3_000_000 * b"x")


async def test_who_speaks_no_tls_or_nothing_is_closed_and_counted(issue, tmp_path):
    issue()
    tls = Tls(tmp_path / "cert.pem", tmp_path / "key.pem")
    async with listening(tls=tls, limits=Limits(read_s=0.08)) as (listener, connect):
        plain, silent = await connect(), await connect()
        await plain.send_all(get())
        assert not (await read_all(plain)).startswith(b"HTTP")
        assert await read_all(silent) == b""
        assert listener.statistics().refused == {Refused.HANDSHAKE: 2}
