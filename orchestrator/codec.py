"""How values look on disk: names, forms and versions of everything that the log keeps.

Names of fields are camelCase. A type's tag is its class name, frozen by a test together with its
form; a change of form raises its number in `SCHEMAS` and adds an upcaster from the raw JSON of the
form before. Keys that are not known are ignored here; in documents they are errors
(`shell.documents`).
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, get_args, get_origin

import orjson
from attrs import evolve, fields, frozen, has
from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from orchestrator.core import event as events
from orchestrator.core.entry import Entry, Fact
from orchestrator.core.event import Checkpoint, Event, node_of
from orchestrator.core.json import Json, freeze, freeze_object, thaw
from orchestrator.core.kind import Kinds
from orchestrator.core.mapping import Map
from orchestrator.core.resource import Key, Resource
from orchestrator.core.rule import Admit, Each, Rule, Upon
from orchestrator.core.subject import subject_of
from orchestrator.core.world import World
from orchestrator.errors import LogNewer

TAGS: Final[Mapping[str, type[Any]]] = {kind.__name__: kind for kind in get_args(events.Event)}
SCHEMAS: Final[Mapping[str, int]] = {**dict.fromkeys(TAGS, 1), "Checkpoint": 3}


@frozen
class Draft:
    """What is to be written of one fact; the log adds position, time and hash."""

    type: str
    schema: int
    node: str
    subject: str
    cause: int
    actor: str
    body: str


@frozen
class Row:
    """What is on disk of one entry, column for column. `hash` is hexadecimal."""

    position: int
    at_ms: int
    node: str
    type: str
    schema: int
    subject: str
    cause: int
    actor: str
    body: str
    hash: str


@frozen
class Codec:
    """Writes facts and reads entries, for a set of kinds."""

    converter: Converter

    def encode(self, fact: Fact) -> Draft:
        """Return what is to be written of a fact."""
        tag = type(fact.event).__name__
        return Draft(
            type=tag,
            schema=SCHEMAS[tag],
            node=node_of(fact.event),
            subject=subject_of(fact.event),
            cause=fact.cause,
            actor=fact.actor,
            body=dumps(self.converter.unstructure(fact.event)),
        )

    def decode(self, row: Row) -> Entry:
        """Return the entry that a row holds.

        Raises:
            LogNewer: a newer program wrote it.
        """
        known = SCHEMAS.get(row.type, 0)
        if row.schema > known:
            raise LogNewer(row.position, row.type, row.schema)
        raw = orjson.loads(row.body)
        for schema in range(row.schema, known):
            raw = UPCASTERS[row.type, schema](raw)
        event: Event = self.converter.structure(raw, TAGS[row.type])
        return Entry(row.position, row.at_ms, row.cause, row.actor, event)

    def checkpoint(self, world: World) -> Draft:
        """Return what is to be written of the whole world."""
        return self.encode(Fact(Checkpoint(world)))

    def plain(self, value: object) -> Json:
        """Return any of our values as JSON in lists and dicts."""
        return thaw(self.converter.unstructure(value))


def _placed(raw: dict[str, Any]) -> dict[str, Any]:
    """Return a checkpoint with the index by node that its first form did not have."""
    world = raw["world"]
    keys: dict[str, set[str]] = {}
    for placement, _ in (*world.get("wanted", ()), *world.get("owned", ())):
        keys.setdefault(placement["node"], set()).add(placement["key"])
    placed = {node: sorted(keys[node]) for node in keys}
    return {**raw, "world": {**world, "placed": placed}}


def _by_kind(raw: dict[str, Any]) -> dict[str, Any]:
    """Return a checkpoint whose index by node goes by kind too, and that knows what has run."""
    world = raw["world"]
    placed: dict[str, dict[str, list[str]]] = {}
    for node, keys in world.get("placed", {}).items():
        for key in keys:
            placed.setdefault(node, {}).setdefault(_key(key).kind, []).append(key)
    records = [
        [where, {**record, "hasRun": bool(record.get("acted"))}]
        for where, record in world.get("records", ())
    ]
    return {**raw, "world": {**world, "placed": placed, "records": records}}


UPCASTERS: Final[Mapping[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]]] = {
    ("Checkpoint", 1): _placed,
    ("Checkpoint", 2): _by_kind,
}


def dumps(value: Json) -> str:
    """Return canonical JSON text: sorted names, no spaces."""
    return orjson.dumps(value, default=_unfrozen, option=orjson.OPT_SORT_KEYS).decode()


def _unfrozen(value: object) -> dict[str, Json]:
    assert isinstance(value, Map), "what is written is JSON in lists, tuples, dicts and maps"
    return dict(value.items())


def camel(name: str) -> str:
    """Return a field's name as it is written: `duplicate_of` is `duplicateOf`."""
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def codec_of(kinds: Kinds) -> Codec:
    """Return the codec for these kinds."""
    converter = Converter()
    converter.register_unstructure_hook(Key, str)
    converter.register_structure_hook(Key, lambda text, _: _key(text))
    converter.register_structure_hook_factory(lambda t: t is Any, lambda _: lambda v, _: freeze(v))
    converter.register_unstructure_hook_factory(lambda t: t is Any, lambda _: _plain(converter))
    converter.register_structure_hook_factory(_is_map, lambda t: _map_reader(converter, t))
    converter.register_unstructure_hook_factory(_is_map, lambda t: _map_writer(converter, t))
    converter.register_unstructure_hook_factory(
        _is_set, lambda t: _set_writer(converter, get_args(t)[0])
    )
    converter.register_structure_hook_factory(has, lambda t: _attrs_reader(converter, t))
    converter.register_unstructure_hook_factory(has, lambda t: _attrs_writer(converter, t))
    converter.register_structure_hook(Rule, lambda raw, _: converter.structure(raw, _sort(raw)))
    converter.register_structure_hook(Resource, _resource_reader(converter, kinds))
    converter.register_structure_hook(
        Checkpoint, lambda raw, _: Checkpoint(converter.structure(raw["world"], World))
    )
    return Codec(converter)


def _key(text: str) -> Key:
    kind, _, name = text.partition("/")
    return Key(kind, name)


def _sort(raw: Any) -> type[Rule]:
    return Each if "ensure" in raw else Upon if "do" in raw else Admit


def _is_map(kind: Any) -> bool:
    return get_origin(kind) is Map


def _is_set(kind: Any) -> bool:
    return get_origin(kind) is frozenset


def _plain(converter: Converter) -> Callable[[Any], Any]:
    def write(value: Any) -> Any:
        return converter.unstructure(value) if has(type(value)) else thaw(value)

    return write


def _map_reader(converter: Converter, kind: Any) -> Callable[[Any, Any], Any]:
    key, value = get_args(kind)
    if (key, value) == (str, Any):
        return lambda raw, _: freeze_object(raw)  # the body of a hook: most of what a start reads
    if value in (None, type(None)):  # a persistent set, on disk a list
        return lambda raw, _: Map([(converter.structure(member, key), None) for member in raw])

    def read(raw: Any, _: Any) -> Any:
        pairs = raw.items() if key is str else raw
        return Map([(converter.structure(k, key), converter.structure(v, value)) for k, v in pairs])

    return read


def _map_writer(converter: Converter, kind: Any) -> Callable[[Any], Any]:
    key, value = get_args(kind)
    if value in (None, type(None)):
        return _set_writer(converter, key)
    if (key, value) == (str, Any):
        return lambda mapping: mapping  # JSON already, for `dumps` and `thaw` to write

    def write(mapping: Any) -> Any:
        pairs = [
            (converter.unstructure(k, unstructure_as=key), converter.unstructure(v, value))
            for k, v in mapping.items()
        ]
        pairs.sort(key=lambda pair: dumps(pair[0]))
        return dict(pairs) if key is str else [list(pair) for pair in pairs]

    return write


def _set_writer(converter: Converter, member: Any) -> Callable[[Any], Any]:
    return lambda members: sorted(
        (converter.unstructure(one, unstructure_as=member) for one in members), key=dumps
    )


def _attrs_writer(converter: Converter, kind: Any) -> Callable[[Any], Any]:
    names = {field.name: override(rename=camel(field.name)) for field in fields(kind)}
    return make_dict_unstructure_fn(kind, converter, **names)  # type: ignore[arg-type]


def _attrs_reader(converter: Converter, kind: Any) -> Callable[[Any, Any], Any]:
    names = {field.name: override(rename=camel(field.name)) for field in fields(kind)}
    return make_dict_structure_fn(kind, converter, **names)  # type: ignore[arg-type]


def _resource_reader(converter: Converter, kinds: Kinds) -> Callable[[Any, Any], Resource]:
    read = _attrs_reader(converter, Resource)

    def read_resource(raw: Any, _: Any) -> Resource:
        spec = kinds[_key(raw["key"]).kind].declarable.spec
        resource: Resource = read({**raw, "spec": None}, Resource)
        return evolve(resource, spec=converter.structure(raw["spec"], spec))

    return read_resource
