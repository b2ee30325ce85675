"""The REST API of one node: routes a call to its group, and plays the faults on its way.

Knows no group but by its table of methods.
"""

from base64 import b64decode
from collections.abc import Mapping
from typing import Any, Final

import trio
from attrs import define, evolve, field

from orchestrator.emulator import (
    api,
    cdn,
    connection,
    hls,
    inject,
    jobs,
    mixer,
    multiple_recorder,
    pull,
    push,
    recorder,
    rtmp_pull,
    rtsp,
    sip,
    stream,
    transcoder,
    vod,
)
from orchestrator.emulator.call import Call, Method, Refusal, bad_field
from orchestrator.emulator.faults import Faults, Hiding, strikes
from orchestrator.emulator.http import Answer, Broken, html_answer, lower, object_in
from orchestrator.emulator.journal import By, Kind
from orchestrator.emulator.media import Media
from orchestrator.emulator.node import Cause, Node
from orchestrator.emulator.wire import bad, good

PREFIX: Final = "/rest-api"
GROUPS: Final = {
    "push": push.METHODS,
    "stream": stream.METHODS,
    "connection": connection.METHODS,
    "recorder": recorder.METHODS,
    "pull": pull.METHODS,
    "pull/rtmp": rtmp_pull.METHODS,
    "rtsp": rtsp.METHODS,
    "transcoder": transcoder.METHODS,
    "transcoder2": transcoder.METHODS_2,
    "vod": vod.METHODS,
    "mixer": mixer.METHODS,
    "call": sip.METHODS,
    "multipleRecorder": multiple_recorder.METHODS,
    "hls": hls.METHODS,
    "data": connection.DATA,
    "logger": connection.LOGGER,
    "cdn": cdn.METHODS,
    "api": api.METHODS,
    "stream/inject": inject.METHODS,
    "stream/inject3": inject.METHODS_3,
}
METHODS: Final = {
    f"/{group}/{name}": method
    for group, methods in GROUPS.items()
    for name, method in methods.items()
}
NO_FAULTS: Final = Faults()


@define(eq=False)
class Rest:
    """The REST API of one node."""

    media: Media
    node: Node = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Take the node at hand."""
        self.node = self.media.node

    async def answer(
        self, verb: str, path: str, body: bytes, headers: Mapping[str, str], by: By = By.REST
    ) -> Answer:
        """Answer one call, `path` being what follows the prefix; nobody but REST meets faults.

        Raises Broken when the connection ends without an answer.
        """
        sent: Any = object_in(body)
        sent = body.decode(errors="replace") if sent is None else sent
        number = self.node.note(Kind.REST, path, Cause(by), detail={"verb": verb, "body": sent})
        cause = Cause(by, number)
        reached, told = 0, 0
        try:
            faults = self._faults(path, by)
            if strikes(self.node.random, faults.rest_hangs):
                self._fault("call hangs", cause)
                await trio.sleep_forever()
            if by is By.REST and not self.knows(headers):
                answer = refused_credentials()
            elif strikes(self.node.random, faults.rest_fails):
                self._fault("call fails", cause)
                answer = self._bad(path, Refusal(faults.rest_status, "Emulated failure"))
            else:
                answer = self._versioned(verb, path, body, headers, cause)
            reached = answer.status
            answer = await self._spoil(answer, faults, cause)
            told = answer.status
            return answer
        finally:
            detail = {"reached": reached}
            self.node.note(Kind.ANSWER, path, cause, status=told, detail=detail)

    def knows(self, headers: Mapping[str, str]) -> bool:
        """Return whether a request comes from one of the users, if there are any."""
        users = self.node.settings.users
        if not users:
            return True
        scheme, _, encoded = lower(headers).get("authorization", "").partition(" ")
        try:
            name, _, password = b64decode(encoded, validate=True).decode().partition(":")
        except ValueError:
            return False
        return scheme.lower() == "basic" and users.get(name) == password

    def _versioned(
        self, verb: str, path: str, body: bytes, headers: Mapping[str, str], cause: Cause
    ) -> Answer:
        """Call the method by either version of the API, where the build has both."""
        if not (self.node.settings.has_v3 and path.startswith(jobs.PREFIX)):
            return self._act(verb, path, body, cause)
        if path == jobs.FIND:
            return good(self.node.settings, jobs.found(self.media.objects, object_in(body) or {}))
        answer = self._act(verb, path.removeprefix(jobs.PREFIX), body, cause)
        if jobs.is_wanted(headers):
            return jobs.accepted(self.media.objects, path, answer, cause)
        return answer

    def _act(self, verb: str, path: str, body: bytes, cause: Cause) -> Answer:
        """Call the method; a 404 of the container looks unlike one of a method."""
        method, settings = method_at(path), self.node.settings
        lacks = path.startswith(tuple(settings.lacks))
        if method is None or lacks or not method.exists(settings):
            if settings.lacks_like_none:
                return self._bad(path, Refusal(404, "Not found"))
            return html_answer(404, f"{PREFIX}{path} not found")
        if verb != "POST" and not (verb in {"GET", "HEAD"} and method.takes_nothing):
            status = 404 if settings.wrong_verb_is_404 else 405
            return html_answer(status, f"Request method {verb} not supported")
        fields = object_in(body)
        try:
            if fields is None:
                status = bad_field(settings)
                raise Refusal(status, "Could not read JSON")  # noqa: TRY301 - said where it is seen
            call = Call(path, fields, cause, settings.false_text_is_true)
            value = method.act(self.media, call)
            if isinstance(value, list) or path.endswith("/find_all"):
                value = self._listed(value, path, cause)
        except Refusal as refusal:
            return self._bad(path, refusal)
        return good(settings, value)

    def _listed(self, value: list[Any] | dict[str, Any], path: str, cause: Cause) -> Any:
        """Return a listing as it is told: 404 for none, and whatever a fault makes of it."""
        faults = self._faults(path, cause.by)
        settings = self.node.settings
        none_is_404 = settings.none_is_404 and path not in settings.never_404
        if value and faults.listings_hidden > 0:
            self._fault("listing hidden", cause)
            left = faults.listings_hidden - 1
            self.node.faults = evolve(self.node.faults, listings_hidden=left)
            value, none_is_404 = [], faults.listings_hidden_as is Hiding.NOT_FOUND
        if not value and none_is_404:
            raise Refusal(404, "Not found")
        is_list = isinstance(value, list)
        if value and is_list and strikes(self.node.random, faults.rest_reshaped):
            self._fault("listing reshaped", cause)
            return {str(index): member for index, member in enumerate(value)}
        return value or ({} if settings.none_is_object else [])

    async def _spoil(self, answer: Answer, faults: Faults, cause: Cause) -> Answer:
        """Return what arrives of an answer whose effect has happened."""
        random = self.node.random
        if strikes(random, faults.rest_delayed):
            self._fault("answer delayed", cause)
            await trio.sleep(random.uniform(0, faults.rest_late_s))
        if strikes(random, faults.rest_lost):
            self._fault("answer lost", cause)
            raise Broken("the answer is lost")
        if strikes(random, faults.rest_html):
            self._fault("answer html", cause)
            return html_answer(200, "It works")
        if answer.body and strikes(random, faults.rest_truncated):
            self._fault("answer truncated", cause)
            return evolve(answer, body=answer.body[: len(answer.body) // 2])
        return answer

    def _faults(self, path: str, by: By) -> Faults:
        """Return the faults that may strike this call."""
        groups = self.node.faults.rest_groups
        struck = by is By.REST and (not groups or path.startswith(groups))
        return self.node.faults if struck else NO_FAULTS

    def _fault(self, what: str, cause: Cause) -> None:
        self.node.note(Kind.FAULT, what, cause)

    def _bad(self, path: str, refusal: Refusal) -> Answer:
        return bad(self.node.settings, PREFIX + path, refusal, self.node.now_ms)


def method_at(path: str) -> Method | None:
    """Return the method at a path like `/push/find_all`."""
    return METHODS.get(path)


def refused_credentials() -> Answer:
    """Return the answer to somebody who is none of the users."""
    answer = html_answer(401, "Full authentication is required")
    challenge = {"WWW-Authenticate": 'Basic realm="Flashphoner REST API"'}
    return evolve(answer, headers={**answer.headers, **challenge})
