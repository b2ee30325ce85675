"""Answers made from the log alone, when no daemon runs, or for a moment in the past."""

from functools import partial
from itertools import islice
from pathlib import Path
from urllib.parse import urlencode

import orjson
from attrs import evolve

from orchestrator.cli.ask import Answer, Query, Refused, now_ms, settings
from orchestrator.codec import Codec, codec_of
from orchestrator.core.filter import LAST, Filter, at
from orchestrator.core.http import Reply, Request, UnixPeer
from orchestrator.core.look import Looks, all_fresh
from orchestrator.core.mapping import Map
from orchestrator.core.project import project
from orchestrator.core.world import World
from orchestrator.errors import DaemonAbsent
from orchestrator.kinds.catalogue import KINDS
from orchestrator.shell.log.sqlite import read_rows, segments
from orchestrator.web import api
from orchestrator.web.status import Vitals
from orchestrator.web.times import rfc3339
from orchestrator.web.why import Why


def answer(config: Path, path: str, query: Query) -> Answer:
    """Return the answer that the log allows, marked with the time of its last entry.

    Raises:
        DaemonAbsent: there is no log either.
        Refused: the question names what is not there.
    """
    found = settings(config)
    folder = found.log.path
    if not folder.is_dir() or not segments(folder):
        raise DaemonAbsent(str(found.control), f"and there is no log at {folder}")
    codec = codec_of(KINDS)
    world = world_at(folder, codec)
    reply = asked(path, query, view(world, codec, {}, now_ms()), folder)
    return Answer(reply, rfc3339(world.at_ms))


def answer_at(folder: Path, path: str, query: Query, until: int, until_ms: int) -> Answer:
    """Return what would have been answered at a moment of the past; every look counts as fresh.

    Raises:
        Refused: there is no log, or the question names what was not there.
    """
    codec = codec_of(KINDS)
    world = world_at(folder, codec, until, until_ms)
    seen = view(world, codec, all_fresh(world, world.at_ms), world.at_ms)
    return Answer(asked(path, query, seen, folder))


def asked(path: str, query: Query, seen: api.View, folder: Path) -> object:
    """Return the JSON that an API path answers for a view."""
    request = Request("GET", path, urlencode(query, doseq=True), Map(), b"", UnixPeer(0, 0, 0))
    match api.answer(request, seen):
        case Reply(status=status, body=body) if status >= 400:
            raise Refused(status, str(orjson.loads(body)["error"]))
        case Reply(body=body):
            return orjson.loads(body)
        case api.ReadLog(wanted=wanted, limit=limit):
            rows = islice(read_rows(folder, wanted), limit)
            reply = api.events(evolve(row, body=orjson.loads(row.body)) for row in rows)
            return [orjson.loads(line) for line in reply.body.splitlines()]
        case Why() as why:
            while why.wanted:
                found = read_rows(folder, at(why.wanted))
                why = why.read(evolve(row, body=orjson.loads(row.body)) for row in found)
            return why.told()
        case api.Ask():
            raise AssertionError("verbs are for the daemon")


def view(world: World, codec: Codec, looks: Looks, at_ms: int) -> api.View:
    """Return a moment of the world, for answers to be made from."""
    vitals = Vitals(version="", started_ms=0, now_ms=at_ms)
    verdicts = partial(api.judged, world, looks, KINDS, at_ms)
    return api.View(world, looks, vitals, KINDS, codec.plain, verdicts)


def world_at(folder: Path, codec: Codec, until: int = LAST, until_ms: int = LAST) -> World:
    """Return the world as the log tells it up to a position or a time.

    Raises:
        Refused: there is no log, or it does not reach that position.
    """
    paths = segments(folder) if folder.is_dir() else ()
    if not paths:
        message = f"there is no log at {folder}: name its configuration with --config"
        raise Refused(404, message)
    first = 0
    for path in paths:
        if int(path.stem) <= until:
            first = int(path.stem)
    world = World()
    for row in read_rows(folder, Filter(after=first - 1, until=until, until_ms=until_ms)):
        world = project(world, codec.decode(row), KINDS)
    if not world.position and first > 1:  # the time lies before the newest segment that fits
        for row in read_rows(folder, Filter(until=until, until_ms=until_ms)):
            world = project(world, codec.decode(row), KINDS)
    if world.position < until < LAST:
        raise Refused(404, f"{until}: the log goes up to {world.position}")
    return world
