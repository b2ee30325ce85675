"""Files that change in the very moment in which they are read."""

import time

import trio

from orchestrator.daemon.run import Daemon
from orchestrator.shell.documents.configuration import read_configuration

CONFIGURATION = """\
log: {path: log}
state: state
control: control.sock
hooks: {listen: "127.0.0.1:0"}
nodes: {wcs1: {url: "http://127.0.0.1:9/rest-api", hookToken: token}}
"""
LINE = "transponders: {%s: {node: wcs1, streamName: show, rtmpUrl: rtmp://target.lan/live}}\n"


class WritesAfterwards:
    """A reader whose files change when it has just read them, once for each text."""

    def __init__(self, reader, path, texts):
        self.reader, self.path, self.texts = reader, path, texts

    def read(self, *arguments, **more):
        found = self.reader.read(*arguments, **more)
        if self.texts:
            self.path.write_text(self.texts.pop(0))
        return found


def written(folder):
    path = folder / "orchestrator.yaml"
    path.write_text(CONFIGURATION)
    (folder / "state").mkdir()
    (folder / "state" / "main.yaml").write_text("{}\n")
    return path


def names(daemon):
    return [key.name for key in daemon.memory.world.declared]


async def test_what_changes_while_it_is_read_is_read_again(tmp_path):
    path, state = written(tmp_path), tmp_path / "state" / "main.yaml"
    daemon = Daemon(path, read_configuration(path), "0")
    daemon.states = WritesAfterwards(daemon.states, state, [LINE % "one", LINE % "the-second"])
    async with trio.open_nursery() as nursery:
        await nursery.start(daemon.run)
        with trio.fail_after(10):
            while names(daemon) != ["the-second"]:  # noqa: ASYNC110 - files tell no event
                await trio.sleep(0.05)
        daemon.stopping.set()
        await daemon.ended.wait()
        nursery.cancel_scope.cancel()


class Counts:
    """A slow reader that knows how many read at one time."""

    def __init__(self, reader):
        self.reader, self.now, self.most = reader, 0, 0

    def read(self, *arguments, **more):
        self.now += 1
        self.most = max(self.most, self.now)
        time.sleep(0.05)
        self.now -= 1
        return self.reader.read(*arguments, **more)


async def test_two_who_ask_for_a_reload_are_served_one_after_the_other(tmp_path):
    path = written(tmp_path)
    daemon = Daemon(path, read_configuration(path), "0")
    daemon.states = counts = Counts(daemon.states)
    async with trio.open_nursery() as nursery:
        await nursery.start(daemon.run)
        async with trio.open_nursery() as both:
            both.start_soon(daemon.reload, "user:one")
            both.start_soon(daemon.reload, "user:two")
        daemon.stopping.set()
        await daemon.ended.wait()
        nursery.cancel_scope.cancel()
    assert counts.most == 1
