"""Documents as JSON Schema (draft-07), so that editors complete and check them while one writes.

Written from the same classes that the decoder goes by. A schema sees structure only: whether a node
or a secret is there, and what other files say, is for the decoder.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Final, Literal, get_args, get_origin

import attrs

from orchestrator.core.kind import Kind, Kinds
from orchestrator.core.mapping import Map
from orchestrator.core.quantity import DURATIONS, SIZES
from orchestrator.shell.documents.configuration import NODE_NAME, SECRET_NAME
from orchestrator.shell.documents.form import ConfigurationForm
from orchestrator.shell.documents.member import (
    Member,
    Named,
    OneOf,
    Pattern,
    Secret,
    Unit,
    members_of,
)
from orchestrator.shell.documents.resource import DEFAULTS, Common
from orchestrator.shell.documents.rule import NAME as RULE_NAME
from orchestrator.shell.documents.rules import RulesForm

Schema = dict[str, Any]
Text = Callable[[Member], Schema]
Document = Literal["configuration", "state", "rules"]

DRAFT: Final = "http://json-schema.org/draft-07/schema#"
REFERENCE: Final = r"\$\{secret\.[A-Za-z0-9_-]+(/[A-Za-z0-9_.-]+)?\}"
CLEAR: Final = r"[^$\x00-\x1f\x7f]|\$(?!\{)"
NAME: Final = r"^(?!~)(?!.*\$\{)[^/\x00-\x1f\x7f]+$"


def schema(document: Document, kinds: Kinds) -> Schema:
    """Return the schema of a sort of documents."""
    bodies = {
        "configuration": _configuration,
        "state": lambda: _state(kinds),
        "rules": _rules,
    }
    return {"$schema": DRAFT, "title": f"{document} of the orchestrator", **bodies[document]()}


def _configuration() -> Schema:
    body = _object(ConfigurationForm, is_whole=True)
    node = body["properties"]["nodes"]["anyOf"][0]
    node["propertyNames"] = {"pattern": f"^({NODE_NAME.pattern})$"}
    is_retired = {"required": ["retired"], "properties": {"retired": {"const": True}}}
    node["additionalProperties"]["anyOf"] = [{"required": ["url"]}, is_retired]
    secrets = body["properties"]["secrets"]
    secrets["propertyNames"] = {"pattern": f"^({SECRET_NAME.pattern})$"}
    secrets["additionalProperties"] |= {"minProperties": 1, "maxProperties": 1}
    return body


def _rules() -> Schema:
    """Return the schema of rule files; what an expression is worth is for the reader."""
    body = _object(RulesForm, text=_text_with_expressions, is_whole=True)
    for section in ("rules", "tables"):
        body["properties"][section]["propertyNames"] = {"pattern": f"^({RULE_NAME.pattern})$"}
    return body


def _text_with_expressions(member: Member) -> Schema:
    words = next((rule.words for rule in member.rules if isinstance(rule, OneOf)), None)
    return {"enum": list(words)} if words else {"type": "string", "minLength": 1}


def _state(kinds: Kinds) -> Schema:
    """Return the schema of state files. What is required may stand in `defaults`, if there are."""
    declarable = {kind.plural: kind for kind in kinds.values() if kind.declared is not None}
    sections = {
        plural: {
            "type": "object",
            "propertyNames": {"pattern": NAME},
            "additionalProperties": _resource(kind),
        }
        for plural, kind in sorted(declarable.items())
    }
    defaults = _object(Common)
    defaults["properties"] |= {plural: _resource(kind) for plural, kind in declarable.items()}
    whole = {
        plural: {"additionalProperties": _required(kind)} for plural, kind in declarable.items()
    }
    return {
        "type": "object",
        "properties": {DEFAULTS: defaults, **sections},
        "additionalProperties": False,
        "if": {"not": {"required": [DEFAULTS]}},
        "then": {"properties": whole},
    }


def _resource(kind: Kind[Any]) -> Schema:
    form: type = kind.declarable.spec
    common, spec = _object(Common), _object(form, text=_text_with_secrets)
    properties = {**common["properties"], **spec["properties"]}
    properties["nodes"] = {**properties["nodes"], "minProperties": 1}
    return {**spec, "properties": properties, "not": {"required": ["node", "nodes"]}}


def _required(kind: Kind[Any]) -> Schema:
    form: type = kind.declarable.spec
    required = [key for key, member in members_of(form).items() if member.is_required]
    placed = [{"required": ["node"]}, {"required": ["nodes"]}]
    return {"required": required, "anyOf": placed} if required else {"anyOf": placed}


def _text(member: Member) -> Schema:
    for rule in member.rules:
        match rule:
            case OneOf(words=words):
                return {"enum": list(words)}
            case Pattern(regex=regex, words=words):
                return {"type": "string", "pattern": f"^({regex})$", "description": words}
            case Secret() | Named():
                return _text_with_secrets(member)
            case _:
                pass
    return {"type": "string", "pattern": f"^({CLEAR})*$"}


def _text_with_secrets(member: Member) -> Schema:
    """Return the schema of a text with references; one that is nothing else may be anything."""
    for rule in member.rules:
        if isinstance(rule, Pattern):
            pattern = f"^({rule.regex}|{REFERENCE}.*)$"
            return {"type": "string", "pattern": pattern, "description": rule.words}
    many = "+" if any(isinstance(rule, Named) for rule in member.rules) else "*"
    return {"type": "string", "pattern": f"^({CLEAR}|{REFERENCE}){many}$"}


def _object(form: type, *, text: Text = _text, is_whole: bool = False) -> Schema:
    members = {key: one for key, one in members_of(form).items() if not one.is_later}
    body: Schema = {
        "type": "object",
        "description": (form.__doc__ or "").partition("\n")[0],
        "properties": {key: _value(one.type, one, text) for key, one in members.items()},
        "additionalProperties": False,
    }
    needed = [key for key, member in members.items() if member.is_required]
    return {**body, "required": needed} if is_whole and needed else body


def _value(kind: Any, member: Member, text: Text) -> Schema:
    origin, inner = get_origin(kind), get_args(kind)
    if origin is UnionType:
        present = [_value(one, member, text) for one in inner if one is not NoneType]
        return present[0] if len(present) == 1 else {"anyOf": present}
    if origin is tuple:
        one = _value(inner[0], member, text)
        return {"anyOf": [one, {"type": "array", "items": one}]}
    if origin is Map:
        return _names(inner[1], member, text)
    if attrs.has(kind):
        body = _object(kind, text=text, is_whole=True)
        short = getattr(kind, "SHORT", None)
        return {"anyOf": [body, {"type": "string", "minLength": 1}]} if short else body
    return _scalar(kind, member, text)


def _names(kind: Any, member: Member, text: Text) -> Schema:
    body: Schema = {"type": "object", "additionalProperties": _value(kind, member, text)}
    words = next((rule.words for rule in member.rules if isinstance(rule, OneOf)), None)
    return {**body, "propertyNames": {"enum": list(words)} if words else {"minLength": 1}}


def _scalar(kind: Any, member: Member, text: Text) -> Schema:
    if kind is Any:
        return {}
    if kind is bool:
        return {"type": "boolean"}
    if kind in (int, float):
        return _number(kind, member)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {"enum": [one.value for one in kind]}
    return text(member)


def _number(kind: Any, member: Member) -> Schema:
    match member.unit:
        case Unit.NONE:
            name = "integer" if kind is int else "number"
            return {"type": name, "minimum": member.range.low, "maximum": member.range.high}
        case Unit.MILLISECONDS:
            return {"type": "string", "pattern": _quantity(DURATIONS)}
        case Unit.BYTES:
            return {"type": "string", "pattern": _quantity(SIZES)}


def _quantity(units: Mapping[str, int]) -> str:
    return rf"^[0-9]{{1,15}}({'|'.join(units)})$"
