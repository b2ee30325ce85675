"""Those who act on the nodes behind the daemon's back: clients, things that end by themselves,
foreign callers, and those who fight.
"""

from contextlib import suppress
from functools import partial

import trio
from attrs import define, field

from orchestrator.emulator.http import Broken, Refused
from orchestrator.emulator.things import Provider
from tests.simulation.climate import STREAMS, TARGETS


@define(eq=False)
class Actors:
    """Everybody but the daemon, on all nodes of a stage."""

    stage: object
    draw: object
    fired: object
    nursery: trio.Nursery
    is_jealous: bool = False
    clients: dict = field(factory=dict)
    fights: list = field(factory=list)
    number: int = 0

    def server(self):
        return self.stage.servers[self.draw.choice(self.stage.node_names)]

    def soon(self, what, *arguments, **named):
        """Let somebody act, if the node can be reached, without waiting for it."""

        async def act():
            with suppress(Refused, Broken):
                await what(*arguments, **named)

        self.nursery.start_soon(act)

    def publish(self):
        server, name = self.server(), self.draw.choice(STREAMS)
        self.number += 1
        provider = self.draw.choice(tuple(Provider))
        records = self.draw.random() < 0.1
        client = server.client(f"{name}-{self.number}", provider, record=records)
        self.clients[server, name] = client
        self.soon(client.publish, name)

    def play(self):
        self.number += 1
        client = self.server().client(f"player-{self.number}")
        self.soon(client.play, self.draw.choice(STREAMS))

    def client(self):
        return self.clients.get((self.server(), self.draw.choice(STREAMS)))

    def unpublish(self):
        if client := self.client():
            self.soon(client.unpublish)

    def drop(self):
        if client := self.client():
            client.drop()

    def vanish_stream(self):
        if client := self.client():
            self.fired["stream vanished"] += 1
            client.vanish()

    def vanish_transponder(self):
        server = self.server()
        if things := list(server.objects.transponders.values()):
            server.media.transponders.vanish(self.draw.choice(things))

    def vanish_recording(self):
        server = self.server()
        if things := list(server.objects.recordings.values()):
            server.media.recordings.vanish(self.draw.choice(things))

    def foreign_create(self):
        self.fired["foreign create"] += 1
        fields = {"streamName": self.draw.choice(STREAMS), "rtmpUrl": self.draw.choice(TARGETS)}
        lines = self.wanted_pushes()
        if self.is_jealous and lines:
            name, url = self.draw.choice(lines)
            fields = {"streamName": name, "rtmpUrl": url}
        if self.draw.random() < 0.3:
            fields["options"] = {"action": "mute"}
        self.soon(self.server().foreign, "/push/startup", fields)

    def wanted_pushes(self):
        """Return stream and address of every transponder that a line wants."""
        specs = [one.spec for one in self.stage.resources.values()]
        return [(one.stream_name, one.rtmp_url) for one in specs if hasattr(one, "rtmp_url")]

    def foreign_change(self):
        server = self.server()
        if things := list(server.objects.transponders):
            path = self.draw.choice(("/push/terminate", "/push/mute", "/push/unmute"))
            self.fired[f"foreign {path}"] += 1
            self.soon(server.foreign, path, {"mediaSessionId": self.draw.choice(things)})

    def foreign_record(self):
        server = self.server()
        stream = server.objects.published(self.draw.choice(STREAMS))
        if stream is not None:
            self.fired["foreign record"] += 1
            fields = {"mediaSessionId": stream.media_session_id}
            self.soon(server.foreign, "/stream/startRecording", fields)

    def foreign_unrecord(self):
        server = self.server()
        if things := list(server.objects.recordings):
            self.fired["foreign unrecord"] += 1
            fields = {"mediaSessionId": self.draw.choice(things)}
            self.soon(server.foreign, "/stream/stopRecording", fields)

    def fight(self):
        """Let somebody undo what is done for one stream, again and again, for a while."""
        how = self.draw.choice((self.end_all, self.turn_all))
        every_s, for_s = self.draw.choice((1, 4, 20)), self.draw.choice((60, 600))
        undo = partial(how, self.server(), self.draw.choice(STREAMS))
        self.begin_fight(undo, every_s, for_s)

    def begin_fight(self, undo, every_s, for_s):
        """Undo something every so often for a while; it returns whether there was anything."""
        scope = trio.CancelScope()
        self.fights.append(scope)
        self.nursery.start_soon(self._fight, scope, undo, every_s, for_s)

    async def _fight(self, scope, undo, every_s, for_s):
        with scope, trio.move_on_after(for_s):
            while True:
                await trio.sleep(every_s)
                if undo():
                    self.fired["fight"] += 1

    def end_all(self, server, stream):
        things = [one for one in server.objects.transponders.values() if one.source == stream]
        for one in things:
            fields = {"mediaSessionId": one.media_session_id}
            self.soon(server.foreign, "/push/terminate", fields)
        return bool(things)

    def turn_all(self, server, stream):
        things = [one for one in server.objects.transponders.values() if one.source == stream]
        for one in things:
            path = "/push/unmute" if one.muted else "/push/mute"
            self.soon(server.foreign, path, {"mediaSessionId": one.media_session_id})
        return bool(things)

    def make_peace(self):
        for scope in self.fights:
            scope.cancel()
        self.fights.clear()

    def publish_all(self):
        """Let every stream be published for good on every node."""
        for server in self.stage.servers.values():
            for name in STREAMS:
                if server.objects.published(name) is None:
                    server.keep(name)

    acts = (
        publish, publish, publish, play, unpublish, drop, vanish_stream, vanish_transponder,
        vanish_recording, foreign_create, foreign_change, foreign_record, foreign_unrecord, fight,
    )  # fmt: skip
