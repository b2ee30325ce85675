"""Strangers of a studio: they start, end and mix what people declare there, or things of their own.

What they start may stand where a line wants its own; its stream then bears a name of theirs or that
of the line, so that both kinds of trouble happen.
"""

from attrs import define

from orchestrator.emulator.agent import Agent, Sort
from orchestrator.emulator.calls import SipCall
from orchestrator.emulator.injections import Injection
from tests.simulation.actors import Actors
from tests.simulation.climate import STREAMS

TERMINATE = {
    Sort.RTMP_PULL: "/pull/rtmp/terminate",
    Sort.RTSP: "/rtsp/terminate",
    Sort.PULL: "/pull/terminate",
    Sort.PUSH: "/pull/terminate",
    Sort.MIXER: "/mixer/terminate",
    Sort.TRANSCODER: "/transcoder/terminate",
    Sort.VOD: "/vod/terminate",
}


def things_of(server):
    """Return all that a node runs by itself: agents, calls, injections."""
    kept = server.objects
    return [one for sort in (Agent, SipCall, Injection) for one in kept.of(sort).values()]


def end_of(thing):
    """Return the call that ends a thing, and nothing else."""
    match thing:
        case Agent():
            path, uri = TERMINATE[thing.kind], {"uri": thing.uri}
            names = {"localStreamName": thing.local_name, "remoteStreamName": thing.remote_name}
            is_filter = thing.kind in (Sort.PULL, Sort.PUSH, Sort.VOD)
            return path, {**uri, **(names if is_filter else {})}
        case SipCall():
            return "/call/terminate", {"callId": thing.id}
        case Injection():
            return "/stream/inject/terminate", {"localStreamName": thing.local_name}


@define(eq=False)
class Strangers(Actors):
    """Everybody but the daemon, on all nodes of a studio."""

    def start_another(self):
        draw, number = self.draw, self.draw.choice((0, 1))
        other = draw.choice(("", "other-"))
        starts = (
            ("/pull/rtmp/pull", {"uri": f"rtmp://encoder{number}.lan/live",
                                 "localStreamName": f"{other}in{number}"}),
            ("/rtsp/startup", {"uri": f"rtsp://10.0.0.{number}/main",
                               "toStream": f"{other}in{number}"}),
            ("/pull/pull", {"uri": f"ws://{draw.choice(self.stage.node_names)}:8080",
                            "remoteStreamName": draw.choice(("a", "b")),
                            "localStreamName": f"{other}in{number}"}),
            ("/pull/push", {"uri": f"ws://partner{number}.lan:8080",
                            "localStreamName": draw.choice(STREAMS), "remoteStreamName": "x"}),
            ("/mixer/startup", {"uri": f"mixer://m{number}",
                                "localStreamName": f"{other}mix{number}"}),
            ("/transcoder/startup", {"uri": f"transcoder://t{number}", "remoteStreamName": "a",
                                     "localStreamName": f"{other}small{number}"}),
            ("/vod/startup", {"uri": "vod-live://clip0.mp4", "loop": draw.random() < 0.5,
                              "localStreamName": f"{other}slate{number}"}),
            ("/call/startup", {"callId": f"{other}c{number}", "callee": "1001",
                               "sipLogin": "100", "sipDomain": "sip.lan"}),
            ("/stream/inject/startup", {"localStreamName": draw.choice(("a", "b")),
                                        "remoteStreamName": draw.choice(("c", "slate0"))}),
        )  # fmt: skip
        path, fields = draw.choice(starts)
        self.fired[f"foreign {path}"] += 1
        self.soon(self.server().foreign, path, fields)

    def end_another(self):
        server = self.server()
        if things := things_of(server):
            path, fields = end_of(self.draw.choice(things))
            self.fired["foreign end"] += 1
            self.soon(server.foreign, path, fields)

    def vanish_agent(self):
        server = self.server()
        if things := things_of(server):
            server.media.vanish(self.draw.choice(things))

    def mixer(self, server):
        return self.draw.choice(server.media.agents.all(Sort.MIXER) or [None])

    def mix_in(self):
        server, name = self.server(), self.draw.choice((*STREAMS, "in0", "in1"))
        if mixer := self.mixer(server):
            self.fired["foreign /mixer/add"] += 1
            self.soon(server.foreign, "/mixer/add", {"uri": mixer.uri, "remoteStreamName": name})

    def unmix(self):
        server = self.server()
        if (mixer := self.mixer(server)) and mixer.inputs:
            name = self.draw.choice([one["name"] for one in mixer.inputs.values()])
            self.fired["foreign /mixer/remove"] += 1
            self.soon(server.foreign, "/mixer/remove", {"uri": mixer.uri, "remoteStreamName": name})

    def fight_mixers(self):
        """Let somebody set a parameter of all mixers of a node, again and again."""
        server, every_s = self.server(), self.draw.choice((4, 20))
        self.fired["fight of mixers"] += 1
        self.begin_fight(lambda: self.turn_mixers(server), every_s, self.draw.choice((60, 600)))

    def turn_mixers(self, server):
        mixers = [one for one in server.media.agents.all(Sort.MIXER) if one.runs]
        for mixer in mixers:
            self.soon(
                server.foreign, "/mixer/set_parameter", {"uri": mixer.uri, "mixerVideoWidth": 320}
            )
        return bool(mixers)

    def wanted_pushes(self):
        wanted = self.stage.memory.world.wanted.values() if self.stage.memory is not None else ()
        specs = [one.spec for one in wanted if one.key.kind == "transponder"]
        return [(one.stream_name, one.rtmp_url) for one in specs]

    def leave(self):
        """End what is not the daemon's: under names that it wants, it would be refused for ever."""
        things = self.stage.memory.world.observed.values()
        seen = [one for scope in things for one in scope.values() if one.owner is not None]
        ours = {name for one in seen for name in (one.seen.id, one.seen.natural)}
        for server in self.stage.servers.values():
            for thing in things_of(server):
                if not ours & {thing.id, getattr(thing, "uri", "")}:
                    server.media.vanish(thing)

    acts = (
        *Actors.acts, start_another, start_another, end_another, vanish_agent, vanish_agent,
        mix_in, unmix, fight_mixers,
    )  # fmt: skip
