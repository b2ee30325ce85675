"""How answers look on the wire, by the switches of the build: errors, lists, booleans."""

from typing import Any

from orchestrator.emulator.call import Refusal
from orchestrator.emulator.http import VOID, Answer, html_answer, json_answer, text_answer
from orchestrator.emulator.settings import ErrorForm, Settings


def good(settings: Settings, value: Any) -> Answer:
    """Return the answer of a method that went well; a void one has no body at all."""
    if value is None:
        return VOID
    if isinstance(value, str):
        return text_answer(value)
    if settings.bare_object and isinstance(value, list) and len(value) == 1:
        value = value[0]
    return json_answer(texted(value) if settings.booleans_as_strings else value)


def texted(value: Any) -> Any:
    """Return a JSON value whose booleans are text."""
    match value:
        case bool():
            return "true" if value else "false"
        case dict():
            return {key: texted(member) for key, member in value.items()}
        case list():
            return [texted(member) for member in value]
        case _:
            return value


def bad(settings: Settings, path: str, refusal: Refusal, now_ms: int) -> Answer:
    """Return the answer of a method that refuses; what its body is like depends on the build."""
    status, words = refusal.status, refusal.words
    match settings.error_form:
        case ErrorForm.SPRING:
            body = {
                "exception": "com.flashphoner.rest.RestException",
                "reason": words,
                "path": path,
                "error": "Error",
                "timestamp": now_ms,
                "status": status,
            }
            return json_answer(body, status)
        case ErrorForm.REASON:
            return json_answer({"reason": words}, status)
        case ErrorForm.MESSAGE:
            return json_answer({"message": words}, status)
        case ErrorForm.TEXT:
            return text_answer(words, status)
        case ErrorForm.HTML:
            return html_answer(status, words)
        case ErrorForm.EMPTY:
            return Answer(status)
