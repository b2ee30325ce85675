"""Secrets stay where they belong: no form that leaves the vault shows any of them."""

import hmac
import json
import multiprocessing
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.json import freeze_object
from orchestrator.core.seal import (
    DEPTH_MAX,
    Sealer,
    TooDeep,
    Url,
    is_sealed,
    normalised,
    sealed_text,
    sealed_url,
    sealed_whole,
    url_of,
    with_whole,
)
from orchestrator.errors import SecretMissing
from orchestrator.shell.secrets import (
    KEY_BYTES,
    FromCredential,
    FromEnvironment,
    FromFile,
    FromFolder,
    Vault,
    is_same,
    is_signed,
    sealing_key,
)

SEAL = Vault(b"k" * 32).seal
HEX = re.compile(r"~[0-9a-f]{16}")

words = st.text("abcxyzABC019_-.", min_size=4, max_size=12)
secret = st.builds("S3cr3t{}".format, words)  # none of the parts that are shown looks like this
odd = st.sampled_from(["", "/", "?", "#", ":", "%2F", "%40", "=", "&", "'", '"', "<", ";", "\\"])
hosts = st.sampled_from(["Example.ORG", "10.0.0.1", "[2001:db8::1]", "[::1]", "a-b.c", "localhost"])
schemes = st.sampled_from(["rtmp", "RTMP", "rtmps", "rtsp", "rtsps", "http", "HTTPS", "ws", "wss"])
ports = st.sampled_from(["", ":1935", ":554", ":443", ":80", ":8443"])
slashes = st.sampled_from(["", "/", "//"])


@st.composite
def urls(draw):
    """Draw a URL and the parts of it that must never be seen."""
    scheme, hidden, user, path, query = draw(schemes), [], "", "", ""
    if draw(st.booleans()):
        name, password = draw(secret), draw(secret)
        user, hidden = f"{name}:{draw(odd)}{password}@", [name, password]
    path = f"/{draw(st.sampled_from(['live', 'app', 'x.y']))}"
    if scheme.lower().startswith("rtmp"):
        key = draw(secret)
        path += draw(st.sampled_from(["/", "//", "%2F", "%2f", ";", " "])) + draw(odd) + key
        hidden.append(key)
    elif draw(st.booleans()):
        parameter = draw(secret)
        path += f"/user=admin_password={parameter}_channel=1"
        hidden.append(parameter)
    if draw(st.booleans()):
        token = draw(secret)
        query = f"?a=1&token={token}"
        hidden.append(token)
    return f"{scheme}://{user}{draw(hosts)}{draw(ports)}{path}{draw(slashes)}{query}", hidden


def shown(text, hidden):
    return [part for part in hidden if part.lower() in text.lower()]


@given(urls())
def test_a_sealed_url_shows_nothing_hidden(drawn):
    url, hidden = drawn
    sealed = sealed_url(url, SEAL)
    assert shown(sealed, hidden) == []
    assert is_sealed(sealed) or not hidden
    assert sealed_url(sealed, SEAL) == sealed == normalised(sealed) or not hidden


@given(urls())
def test_a_sealed_tree_shows_nothing_hidden(drawn):
    url, hidden = drawn
    body = {"rtmpUrl": url, "list": [f" {url}"], "custom": {"deep": url.replace("/", "\\/")}}
    sealed = Sealer(SEAL).object(body)
    assert shown(repr(sealed), hidden) == []


@given(urls())
def test_a_url_in_a_text_is_sealed(drawn):
    url, hidden = drawn
    if not re.search(r"[\s\"'<>]", url):  # a text ends its URLs there, and nobody can know better
        for text in (f"cannot reach {url}", json.dumps({"u": url}).replace("/", "\\/")):
            assert shown(sealed_text(text, SEAL), hidden) == []
        twice = json.dumps(json.dumps({"u": url}).replace("/", "\\/"))
        assert shown(sealed_text(twice, SEAL), hidden) == []


@given(urls(), urls())
def test_seals_are_equal_where_the_canonical_forms_are(one, other):
    parts = [url_of(one[0]), url_of(other[0])]
    assert None not in parts
    sealed = [sealed_url(normalised(url), SEAL) for url, _ in (one, other)]
    assert (sealed[0] == sealed[1]) == (parts[0].canonical == parts[1].canonical)


@pytest.mark.parametrize(
    ("spelling", "canonical"),
    [
        ("RTMP://Example.org:1935/live/KEY/", "rtmp://example.org/live/KEY"),
        (" rtmp://example.org/live/KEY ", "rtmp://example.org/live/KEY"),
        ("rtmps://h:443/a/k?", "rtmps://h/a/k"),
        ("rtsp://u:p@h:554/cam#", "rtsp://u:p@h/cam"),
        ("https://[::1]:443", "https://[::1]"),
        ("https://h:8443/x?q", "https://h:8443/x?q"),
        ("gopher://h:70/1", "gopher://h:70/1"),
        ("no url", "no url"),
    ],
)
def test_all_spellings_have_one_form(spelling, canonical):
    assert normalised(spelling) == canonical
    assert sealed_url(spelling, SEAL) in (spelling, sealed_url(canonical, SEAL))


@pytest.mark.parametrize(
    ("url", "visible"),
    [
        ("rtmp://u:p@h/live/k?x=1", "rtmp://h/live"),
        ("rtmp://h/live%2Fk", "rtmp://h/live"),
        ("rtmp://h/live k=1", "rtmp://h/live"),
        ("rtmp://h//k", "rtmp://h"),
        ("rtmp://u:p/w@h/live/k", "rtmp://"),
        ("rtsp://u:p?w@h/cam", "rtsp://"),
        ("rtsp://u:p#w@h/cam", "rtsp://"),
        ("rtmp://u:p", "rtmp://"),
        ("rtsp://h/cam/user=a_password=b/1", "rtsp://h/cam"),
        ("rtsp://u@h/cam/1", "rtsp://h/cam/1"),
        ("http://h/rtmp://x/live/k", "http://h"),
        ("http://h/rtmp%3A%2F%2Fx/live/k", "http://h"),
        ("http://h/a?token=b", "http://h/a"),
    ],
)
def test_shows_what_anyone_may_see(url, visible):
    assert sealed_url(url, SEAL) == f"{visible}~{SEAL(url_of(url).canonical)}"
    assert is_sealed(sealed_url(url, SEAL))


@pytest.mark.parametrize("url", ["rtmp://h/live", "http://h/a/b", "rtsp://h:8554/cam/1", "plain"])
def test_what_has_no_secret_stays_as_it_is(url):
    assert sealed_url(url, SEAL) == url


def test_a_key_that_looks_like_a_seal_is_sealed_all_the_same():
    key = "rtmp://h/live/k~0123456789abcdef"
    assert not is_sealed(key)
    assert "k~" not in sealed_url(key, SEAL)
    assert sealed_whole("k~0123456789abcdef", SEAL) != "k~0123456789abcdef"
    assert is_sealed("~0123456789abcdef")
    assert sealed_whole("~0123456789abcdef", SEAL) == "~0123456789abcdef"
    assert sealed_whole("", SEAL) == ""


def test_hidden_parts_are_those_that_are_not_shown():
    url = url_of("rtmp://u:p@h/live/k/l?t=1")
    assert set(url.hidden) == {"u:p", "u", "p", "/k/l", "k", "l", "?t=1"}
    assert url == Url("rtmp", "u:p", "h", "/live/k/l", "?t=1")
    assert "u:p" in url_of("rtmp://u:p?w@h/live/k").hidden


def test_members_are_sealed_whole_by_name_and_by_path():
    sealer = Sealer(SEAL, with_whole(["custom.pin"]))
    body = {
        "password": "p",
        "authToken": 17,
        "token": None,
        "restPassword": True,
        "custom": {"pin": "1234", "other": "x"},
        "pin": "1234",
        "sdp": "v=0\r\n",
        "list": [1, "see rtmp://h/a/k now", {"sdp": None}],
    }
    sealed = sealer.object(body)
    assert dict(sealed) == {
        "password": f"~{SEAL('p')}",
        "authToken": f"~{SEAL('17')}",
        "token": None,
        "restPassword": True,
        "custom": sealer.object({"pin": "1234", "other": "x"}, "custom"),
        "pin": "1234",
        "sdp": sealed["sdp"],
        "list": (1, sealed_text("see rtmp://h/a/k now", SEAL), sealed["list"][2]),
    }
    assert dict(sealed["custom"]) == {"pin": f"~{SEAL('1234')}", "other": "x"}
    assert dict(sealed["sdp"]) == {"length": 5}
    assert dict(sealed["list"][2]) == {"sdp": None}


def test_a_tree_that_nests_too_deep_is_refused():
    tree = "leaf"
    for _ in range(DEPTH_MAX + 2):
        tree = [tree]
    with pytest.raises(TooDeep):
        Sealer(SEAL).tree(tree)


def test_a_rotated_secret_has_another_seal_and_so_has_another_key():
    assert sealed_whole("one", SEAL) != sealed_whole("two", SEAL)
    assert Vault(b"a" * 32).seal("one") != Vault(b"b" * 32).seal("one")


@pytest.fixture
def vault(monkeypatch, tmp_path):
    """Give a vault that reads from everywhere."""
    monkeypatch.setenv("STREAM_KEY", "MyS3cretHost")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "one").write_text("from-a-file\n")
    (tmp_path / "bad").write_bytes(b"\xff")
    sources = {
        "key": FromEnvironment("STREAM_KEY"),
        "absent": FromEnvironment("NOT_THERE"),
        "file": FromFile(tmp_path / "one"),
        "bad": FromFile(tmp_path / "bad"),
        "folder": FromFolder(tmp_path),
        "credential": FromCredential("one"),
    }
    return Vault(b"k" * 32, sources, ("custom.pin",))


def test_reads_secrets_from_where_they_are(vault):
    text = "${secret.key} ${secret.file} ${secret.folder/one} ${secret.credential} ${other}"
    assert vault.resolved(text) == "MyS3cretHost from-a-file from-a-file from-a-file ${other}"


@pytest.mark.parametrize("name", ["unknown", "absent", "folder", "folder/none", "bad"])
def test_a_secret_that_cannot_be_read_is_named_and_never_shown(vault, name):
    with pytest.raises(SecretMissing) as raised:
        vault.read(name)
    assert raised.value.name == name


@pytest.mark.parametrize(
    "text",
    [
        "rtmp://${secret.key}/live/k",
        "rtmp://${secret.key}.example/live/k",
        "rtmp://h/${secret.key}/k",
        "rtmp://h/${secret.key}/",
        "http://h/${secret.key}",
        "${secret.key}",
        "rtsp://u:${secret.key}@h/cam",
    ],
)
def test_nothing_of_a_reference_is_seen_wherever_it_stands(vault, text):
    clear = vault.resolved(text)
    sealed = vault.declared(clear, is_secret=True)
    assert shown(sealed, ["MyS3cretHost"]) == []
    assert vault.clear({"a": [sealed]}) == {"a": [clear]}


def test_how_a_thing_is_sealed_does_not_depend_on_what_was_declared_before(vault):
    url = vault.resolved("rtmp://live.example/app/${secret.key}")
    first = vault.declared(url, is_secret=True)
    vault.declared("rtmp://h/app/live.example", is_secret=False)
    assert vault.declared(url, is_secret=True) == first


def test_what_was_sealed_in_an_earlier_run_and_is_gone_cannot_be_sent(vault):
    with pytest.raises(SecretMissing):
        vault.clear(["rtmp://h/live~0123456789abcdef"])


def test_a_declared_text_without_secrets_stays(vault):
    assert vault.declared("rtmp://h/live", is_secret=False) == "rtmp://h/live"


def test_what_an_operator_sends_comes_out_again_as_it_was(vault):
    body = {
        "rtmpUrl": "rtmp://u:p@h/live/k",
        "password": 1234,
        "custom": {"pin": "0000", "note": "to rtmp://h/live/k2 please", "n": [1, None, True]},
        "plain": "x",
    }
    sealed = vault.sealed_arguments(body)
    assert shown(repr(sealed), ["u:p", "/k", "1234", "0000"]) == []
    assert vault.clear(sealed) == body


@given(secret, st.sampled_from(["", "/", '"', "\\", "é", " ", "&", "\n"]))
def test_known_secrets_are_redacted_however_they_are_spelled(word, odd):
    vault = Vault(b"k" * 32, {"s": FromEnvironment("S")})
    clear = f"{word}{odd}tail"
    vault.declared(clear, is_secret=True)
    for text in (
        clear,
        json.dumps(clear),
        json.dumps(clear, ensure_ascii=False).replace("/", "\\/"),
    ):
        redacted = vault.redacted(f"<{text}> was refused")
        assert word not in redacted
        assert HEX.search(redacted)


def test_redacts_parts_of_declared_urls_and_urls_of_strangers(vault):
    vault.declared("rtmp://user:word@h/live/the-key?token=abc", is_secret=False)
    text = vault.redacted("the-key, word; http%3A user:word ?token=abc rtmp://x/y/foreign")
    assert shown(text, ["the-key", "word", "token", "foreign"]) == []
    assert Vault(b"k").redacted("plain text") == "plain text"


def test_the_vault_shows_nothing_of_itself(vault):
    vault.declared(vault.resolved("rtmp://h/live/${secret.key}"), is_secret=True)
    assert repr(vault) == "Vault(whole=('custom.pin',))"


def test_the_key_is_made_once_for_its_owner_only(tmp_path):
    path = tmp_path / "log" / "seal.key"
    key = sealing_key(path)
    assert (len(key), sealing_key(path), path.stat().st_mode & 0o777) == (KEY_BYTES, key, 0o600)
    assert [one.name for one in path.parent.iterdir()] == ["seal.key"]


def _make(path, keys):
    keys.put(sealing_key(Path(path)))


def test_all_who_make_the_key_at_once_get_the_same(tmp_path):
    context = multiprocessing.get_context("fork")
    keys = context.Queue()
    makers = [context.Process(target=_make, args=(tmp_path / "seal.key", keys)) for _ in range(6)]
    for maker in makers:
        maker.start()
    made = {keys.get() for _ in makers}
    for maker in makers:
        maker.join()
    assert made == {sealing_key(tmp_path / "seal.key")}


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 33])
def test_what_is_no_key_of_ours_is_an_error_and_stays(tmp_path, content):
    path = tmp_path / "seal.key"
    path.write_bytes(content)
    with pytest.raises(SecretMissing, match="restore it from the backup"):
        sealing_key(path)
    assert path.read_bytes() == content


def test_a_key_that_cannot_be_read_is_an_error(tmp_path):
    (tmp_path / "seal.key").mkdir()
    with pytest.raises(SecretMissing, match="cannot be read"):
        sealing_key(tmp_path / "seal.key")


def test_a_crash_while_the_key_is_made_leaves_none(tmp_path, monkeypatch):
    def crash(_):
        raise KeyboardInterrupt

    path = tmp_path / "seal.key"
    with monkeypatch.context() as patched:
        patched.setattr("orchestrator.shell.secrets.os.fsync", crash)
        with pytest.raises(KeyboardInterrupt):
            sealing_key(path)
    assert not path.exists()
    assert len(sealing_key(path)) == KEY_BYTES


def test_tells_equal_secrets_and_signatures():
    digest = "75e2bd5f3b2dd3a4c0d2d41b0b6a4b0a"
    body, key = b'{"a":1}', "k"
    right = hmac.new(key.encode(), body, "md5").hexdigest()
    assert (is_same("a", "a"), is_same("a", "b"), is_same("é", "é")) == (True, False, True)
    assert is_signed(body, f"WCS {right.upper()} ", ["other", key])
    assert not is_signed(body, f"Basic {right}", [key])
    assert not is_signed(body, f"WCS {digest}", [key])
    assert not is_signed(body, f"WCS {right}", [])


@pytest.mark.parametrize(
    "mistyped",
    [
        "rtmp:/h/app/S3cr3t", "rtmp:h/app/S3cr3t", "h/app/S3cr3t", "//u:S3cr3t@h/x",
        "rtmp ://h/app/S3cr3t", "rtmp%3A//h/app/S3cr3t", "http://h/app/S3cr3t", "S3cr3t",
        "rtmp:\\\\h\\app\\S3cr3t",
    ],
)  # fmt: skip
def test_an_address_with_a_slip_in_it_keeps_its_key_to_itself(mistyped):
    vault = Vault(b"k" * 32)
    sealed = vault.sealed_arguments(freeze_object({"rtmpUrl": mistyped}))
    assert dict(sealed) == {"rtmpUrl": f"~{vault.seal(mistyped)}"}
    assert vault.sealer.object(sealed) == sealed
    assert vault.clear(sealed) == {"rtmpUrl": mistyped}
    assert "S3cr3t" not in vault.redacted(f"{mistyped} is malformed")


@pytest.mark.parametrize("url", ["", "rtmp://h/app", "rtmp:\\/\\/h\\/app"])
def test_an_address_without_a_key_stays_to_be_read(url):
    shown = url.replace("\\", "")
    assert dict(Sealer(SEAL).object({"rtmpUrl": url})) == {"rtmpUrl": shown}
