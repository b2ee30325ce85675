"""The text of an address becomes sockets."""

import os
import socket
import stat

import pytest

from orchestrator.shell.listen.address import open_sockets


@pytest.mark.parametrize("text", ["", "8480", "host:", "host:http", "h:99999", "127.0.0.1"])
def test_refuses_what_is_no_address(text):
    with pytest.raises(ValueError, match="is not host:port"):
        open_sockets(text)


@pytest.mark.parametrize("text", ["127.0.0.1:0", ":0"])
def test_opens_tcp(text):
    sockets = open_sockets(text)
    assert all(raw.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) for raw in sockets)
    assert not any(raw.getblocking() for raw in sockets)
    for raw in sockets:
        raw.close()


def test_an_address_in_use_is_refused():
    (first,) = open_sockets("127.0.0.1:0")
    address = f"127.0.0.1:{first.getsockname()[1]}"
    with first, pytest.raises(OSError, match="in use") as raised:
        open_sockets(address)
    assert raised.value.filename == address


def test_a_name_that_nobody_knows_is_refused_by_its_name():
    with pytest.raises(OSError, match=r"nobody\.invalid:80"):
        open_sockets("nobody.invalid:80")


def test_a_unix_socket_has_its_mode_and_group(tmp_path):
    import grp  # noqa: PLC0415

    group = grp.getgrgid(os.getgid()).gr_name
    (raw,) = open_sockets(f"unix:{tmp_path}/s", mode=0o606, group=group)
    status = (tmp_path / "s").stat()
    assert (stat.S_IMODE(status.st_mode), status.st_gid) == (0o606, os.getgid())
    raw.close()


def test_a_stale_unix_socket_is_replaced_and_a_live_one_is_not(tmp_path):
    (first,) = open_sockets(f"unix:{tmp_path}/s")
    with pytest.raises(OSError, match="in use"):
        open_sockets(f"unix:{tmp_path}/s")
    first.close()
    (second,) = open_sockets(f"unix:{tmp_path}/s")
    second.close()
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def test_a_file_that_is_no_socket_is_never_replaced(tmp_path):
    (tmp_path / "s").write_text("precious")
    with pytest.raises(FileExistsError):
        open_sockets(f"unix:{tmp_path}/s")
    assert (tmp_path / "s").read_text() == "precious"


def test_nothing_is_left_when_the_group_is_unknown(tmp_path):
    with pytest.raises(LookupError):
        open_sockets(f"unix:{tmp_path}/s", group="no-such-group")
    assert list(tmp_path.iterdir()) == []
