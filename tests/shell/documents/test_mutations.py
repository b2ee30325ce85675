"""T41: whatever a file says, reading it ends with what it declares or with faults in places."""

from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import evolve
from hypothesis import example, given
from hypothesis import settings as how
from hypothesis import strategies as st

from orchestrator.codec import codec_of, dumps
from orchestrator.core.configuration import Configuration, Node
from orchestrator.core.mapping import Map
from orchestrator.errors import DocumentError
from orchestrator.kinds.catalogue import KINDS
from orchestrator.shell.documents.configuration import read_configuration
from orchestrator.shell.documents.faults import Faults
from orchestrator.shell.documents.resource import FileReader
from orchestrator.shell.documents.tree import read_tree
from orchestrator.shell.secrets import FromEnvironment, Vault

ROOT = Path(__file__).parents[3]
GOOD = (ROOT / "state" / "demo.yaml").read_bytes()
CONFIGURATION = Configuration(nodes=Map(wcs1=Node(ws="ws://wcs1"), wcs2=Node(Map(role="edge"))))
PIECES = (
    b"\t", b"{", b"}", b"[", b"]", b": ", b"- ", b"? ", b"&a ", b"*a", b"!!int ", b"|\n", b">-\n",
    b"'", b'"', b"#", b"\n---\n", b"%YAML 1.1\n", b"<<: ", b"${secret.x}", b"${", b"\x00", b"\xff",
    b"\xef\xbb\xbf", b"\r", b"~", b"null", b"0x1f", b"1e999", b".nan", b'"\\ud800"', b'"\\0"', b",",
    b"transponders:", b"defaults:", b"enabled: false", b"9" * 5000, b"[" * 100, "\u2028".encode(),
)  # fmt: skip

mutations = st.one_of(
    st.tuples(st.just("cut"), st.integers(0, len(GOOD)), st.integers(1, 80)),
    st.tuples(st.just("end"), st.integers(0, len(GOOD)), st.just(0)),
    st.tuples(st.just("put"), st.integers(0, len(GOOD)), st.sampled_from(PIECES)),
    st.tuples(st.just("put"), st.integers(0, len(GOOD)), st.binary(min_size=1, max_size=4)),
    st.tuples(st.just("twice"), st.integers(0, len(GOOD)), st.integers(1, 200)),
)


def mutated(data, mutation):
    match mutation:
        case "cut", at, length:
            return data[:at] + data[at + length :]
        case "end", at, _:
            return data[:at]
        case "put", at, piece:
            return data[:at] + piece + data[at:]
        case "twice", at, length:
            return data[: at + length] + data[at:]


def read(data):
    vault = Vault(b"key", Map(x=FromEnvironment("UNSET_VARIABLE")))
    reader = FileReader("f.yaml", Path("/"), CONFIGURATION, vault, KINDS, vault.resolved)
    return reader.claims(data), reader.faults.ordered


CODEC = codec_of(KINDS)


@how(max_examples=1_000, deadline=None)
@given(st.lists(mutations, min_size=1, max_size=4))
@example([("end", 0, 0)])
def test_a_mutated_file_is_read_or_refused_with_places(changes):
    data = GOOD
    for change in changes:
        data = mutated(data, change)
    claims, faults = read(data)
    lines = [*data.decode(errors="replace").splitlines(), ""]
    for fault in faults:
        assert fault.file == "f.yaml"
        assert 1 <= fault.line <= len(lines) + 1
        assert fault.column >= 1
        assert fault.message
        assert str(fault).isprintable()
    if not faults:
        for claim in claims:
            plain = CODEC.converter.unstructure(claim.resource)
            dumps(plain)
            assert CODEC.converter.structure(plain, type(claim.resource)) == claim.resource


EXAMPLE = (ROOT / "docs" / "orchestrator.example.yaml").read_bytes()


@how(max_examples=300, deadline=None)
@given(st.lists(mutations, min_size=1, max_size=4))
def test_a_mutated_configuration_is_read_or_refused_with_places(changes):
    data = EXAMPLE
    for change in changes:
        data = mutated(data, change)
    with TemporaryDirectory() as folder:
        path = Path(folder, "o.yaml")
        path.write_bytes(data)
        settings, faults = configured(path)
    assert (settings is None) == bool(faults)
    assert all(str(fault).isprintable() for fault in faults)
    if settings is not None:
        body = CODEC.converter.unstructure(settings.configuration)
        dumps(body)
        assert CODEC.converter.structure(body, Configuration) == settings.configuration


def configured(path):
    try:
        return read_configuration(path), ()
    except DocumentError as error:
        return None, error.faults


def written(node):
    """A tree of plain values as flow YAML, every text quoted."""
    return dumps(node).encode()


texts = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=20
)
values = st.recursive(
    texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


def plain(node):
    match node:
        case None:
            return None
        case _ if hasattr(node, "pairs"):
            return {key.text: plain(value) for key, value in node.pairs}
        case _ if hasattr(node, "items"):
            return [plain(item) for item in node.items]
        case _:
            return node.text


@given(values)
def test_what_is_written_is_read_back(value):
    faults = Faults()
    assert (plain(read_tree(written(value), "f", faults)), faults.ordered) == (value, ())


def test_the_good_file_is_good():
    claims, faults = read(GOOD)
    assert (len(claims), faults) == (12, ())
    assert evolve(claims[0].resource) == claims[0].resource
