"""Secrets that are written out in texts with expressions, and references that lead nowhere."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Final

from orchestrator.core.filling import parts
from orchestrator.core.json import Json
from orchestrator.core.rule import REFERENCE
from orchestrator.core.seal import Url, url_of
from orchestrator.errors import SecretMissing

MARK: Final = "\ue002"
"""A private character: it stands for an expression while a text is looked through."""


def is_written_out(value: Json, whole: Collection[str], name: str = "") -> bool:
    """Return whether a secret stands in a value, but for what its expressions are worth.

    That is any text under a name in `whole`, and what a URL hides. An expression may be one.
    """
    match value:
        case str():
            literal = [part.text for part in parts(value) if not part.is_expression]
            if name in whole:
                return any(literal)
            marked = "".join(MARK if part.is_expression else part.text for part in parts(value))
            url = url_of(marked)
            return url is not None and any(MARK not in one for one in _hidden(url))
        case Mapping():
            return any(is_written_out(value[one], whole, one) for one in value)
        case Sequence():
            return any(is_written_out(one, whole, name) for one in value)
        case _:
            return False


def _hidden(url: Url) -> Iterator[str]:
    """Yield what nobody may see of a URL; a path that ends in an expression is none of it."""
    users = (url.user, *url.user.split(":"))
    for one in url.hidden:
        if one in users or one == url.tail or MARK not in url.path:
            yield one


def broken_references(value: Json, resolve: Callable[[str], str]) -> Iterator[str]:
    """Yield what is wrong with references to secrets in a value; in keys there are none."""
    match value:
        case str():
            for part in parts(value):
                if part.is_expression and part.text.startswith(REFERENCE):
                    yield from _broken(f"${{{part.text}}}", resolve)
        case Mapping():
            for name in value:
                if f"${{{REFERENCE}" in name:
                    yield "a secret cannot be a name: write it as a value"
                yield from broken_references(value[name], resolve)
        case Sequence():
            for one in value:
                yield from broken_references(one, resolve)
        case _:
            pass


def _broken(reference: str, resolve: Callable[[str], str]) -> Iterator[str]:
    try:
        found = resolve(reference)
    except SecretMissing as missing:
        yield str(missing)
        return
    if found == reference:
        yield "write a reference as ${secret.NAME}, with nothing else in its braces"
