"""Agents of one node: how they start, run and end.

Starting one is only accepted: it is listed at once, runs a while later, and is never listed again
once it has ended. Most publish a stream, whose media session has the id of the agent. One that
reads a stream of this node waits for it and ends a while after it.
"""

from collections.abc import Mapping
from functools import partial
from typing import Final

from attrs import define

from orchestrator.emulator.agent import TRAITS, Agent, Sort
from orchestrator.emulator.faults import strikes
from orchestrator.emulator.identity import server_uuid
from orchestrator.emulator.journal import Kind
from orchestrator.emulator.node import CLIENT, SELF, Cause, Node
from orchestrator.emulator.objects import Objects
from orchestrator.emulator.policy import HookPolicy, RestPolicy
from orchestrator.emulator.streams import BY_PUBLISHER, BY_REST, Streams
from orchestrator.emulator.things import Connection, Made, Provider, Stream

ODD_WORD: Final = "SERVICING"
"""A status that no document has; whoever reads it must take it for not running yet."""
BY_ERROR: Final = "Failed by error"
SHUTDOWN: Final = "Requested stream shutdown"
UNTOLD: Final = {
    hook: HookPolicy(policy=RestPolicy.DISABLE)
    for hook in ("StreamStatusEvent", "StreamKeepAliveEvent", "StreamEvent")
}
ON_DEMAND: Final = {
    "rtmp": Sort.RTMP_PULL,
    "rtsp": Sort.RTSP,
    "vod": Sort.VOD,
    "vod-live": Sort.VOD,
}
"""What players can ask for by a name with such a scheme."""
IDLE_CHECKS: Final = 4
"""How often use is looked for within an idle time."""


@define(eq=False)
class Agents:
    """What happens to the agents of one node."""

    node: Node
    objects: Objects
    streams: Streams

    def __attrs_post_init__(self) -> None:
        """Lose what cannot be reached any more as soon as the switch for it is turned."""
        self.node.turned.append(self._lose_unreachable)

    def all(self, *kinds: Sort) -> list[Agent]:
        """Return those of some sorts, oldest first."""
        return [one for one in self.objects.of(Agent).values() if one.kind in kinds]

    def is_publisher(self, name: str) -> bool:
        """Return whether somebody publishes under that name, or an agent is about to."""
        agents = (one for one in self.objects.of(Agent).values() if not one.ended)
        about = any(one.local_name == name and TRAITS[one.kind].publishes for one in agents)
        return about or self.objects.published(name) is not None

    def start(self, agent: Agent, cause: Cause) -> None:
        """Let an agent exist; the caller has seen that there is no other of that key."""
        faults, random = self.node.faults, self.node.random
        struck = not faults.agent_sorts or agent.sort in faults.agent_sorts
        odd = struck and strikes(random, faults.agents_odd)
        agent.status = ODD_WORD if odd else TRAITS[agent.kind].new
        self.objects.came(agent, cause)
        start_s = self.node.settings.start_s
        is_unreachable = self._is_unreachable(agent)
        for word, strikes_now in (("odd", odd), ("unreachable", is_unreachable)):
            if strikes_now:
                self.node.note(Kind.FAULT, f"{agent.sort} {word}", cause, object=agent.id)
        if agent.fails or is_unreachable or (struck and strikes(random, faults.agents_fail)):
            self.node.later(random.uniform(0, start_s), partial(self.vanish, agent))
        else:
            self.node.later(start_s, partial(self._get_ready, agent, cause))
        life_s = faults.agent_life_s if struck else 0
        if life_s > 0:
            life_s = start_s + random.expovariate(1 / life_s)
            self.node.later(life_s, partial(self.vanish, agent))

    async def fetch(self, uri: str) -> None:
        """Start what the name of a stream asks for by its scheme; block until it runs or failed."""
        kind = ON_DEMAND.get(uri.partition("://")[0])
        if kind is None or not self.node.settings.agents_on_demand:
            return
        known = (one for one in self.all(kind) if one.uri == uri)
        agent = next(known, None)
        if agent is None:
            agent = Agent(kind, server_uuid(self.node.random), uri, uri)
            self.start(agent, CLIENT)
        await agent.settled.wait()

    def terminate(self, agent: Agent, cause: Cause) -> None:
        """Take the order to end: the agent stays listed for a moment."""
        if not agent.ending:
            agent.ending = True
            end = partial(self.end, agent, cause, BY_REST)
            self.node.later(self.node.settings.terminate_s, end)

    def vanish(self, agent: Agent) -> None:
        """End an agent by itself, as when the server at the other end drops it."""
        what = f"{agent.sort} vanished" if agent.runs else f"{agent.sort} failed"
        if self.end(agent, SELF, BY_ERROR):
            self.node.note(Kind.FAULT, what, object=agent.id)

    def end(self, agent: Agent, cause: Cause, info: str = SHUTDOWN) -> bool:
        """End an agent now, and its stream with it; return False when it had ended.

        It vanishes from the list at once, unless the build lets it linger there.
        """
        if agent.gone.is_set() or agent.ended:
            return False
        agent.ended = True
        agent.settled.set()
        lingers_s = self.node.settings.agent_lingers_s
        if lingers_s > 0:
            agent.status = "STOPPED" if agent.runs else "FAILED"
            self.objects.changed(agent, cause)
            self.node.later(lingers_s, partial(self.objects.went, agent, cause))
        else:
            self.objects.went(agent, cause)
        stream, agent.stream = agent.stream, None
        if stream is not None:
            word = TRAITS[agent.kind].last_word
            self.streams.end(stream, info, cause, status=word)
        return True

    def source_began(self, stream: Stream) -> None:
        """Run those that wait for a stream of that name."""
        for agent in tuple(self.objects.of(Agent).values()):
            waits = agent.ready and not (agent.runs or agent.ending or agent.ended)
            if waits and agent.reads == stream.name:
                self._run(agent, SELF)

    def source_ended(self, stream: Stream) -> None:
        """End those that publish this very stream, and after a while those that read it."""
        for agent in tuple(self.objects.of(Agent).values()):
            if agent.stream is stream:
                agent.stream = None
                if self.node.settings.agent_ends_with_stream:
                    self.end(agent, SELF)
            if agent.read_id == stream.id:
                end = partial(self.end, agent, SELF, BY_PUBLISHER)
                self.node.later(self.node.settings.source_end_s, end)

    def is_reading(self, stream: Stream) -> bool:
        """Return whether an agent needs this very stream."""
        agents = self.objects.of(Agent).values()
        return any(stream.id == one.read_id and not one.ended for one in agents)

    def _get_ready(self, agent: Agent, cause: Cause) -> None:
        if not (agent.gone.is_set() or agent.ending or agent.ended):
            agent.ready = True
            self._run(agent, cause)

    def _run(self, agent: Agent, cause: Cause) -> None:
        """Run, unless the stream to read is not there yet, or the name to publish is taken."""
        traits = TRAITS[agent.kind]
        source = self.objects.published(agent.reads) if agent.reads else None
        if agent.reads and source is None:
            return
        if traits.publishes and self.objects.published(agent.local_name) is not None:
            self.end(agent, SELF)
            return
        agent.status, agent.read_id = traits.running, source.id if source else ""
        self.objects.changed(agent, cause)
        if traits.publishes:
            agent.stream = self._stream(agent, traits.publishes)
            self.streams.make(agent.stream, cause)
        agent.settled.set()
        if agent.lasts_s > 0:
            self.node.later(agent.lasts_s, partial(self.end, agent, SELF))
        idle_s = self._idle_s(agent.kind)
        if idle_s > 0:
            self._end_unused(agent, idle_s, IDLE_CHECKS)

    def _idle_s(self, kind: Sort) -> float:
        """Return how long agents of a sort run unused; 0 is for ever."""
        settings = self.node.settings
        match kind:
            case Sort.RTSP:
                return settings.rtsp_idle_s
            case Sort.VOD:
                return settings.vod_stream_timeout
            case Sort.MIXER:
                return settings.mixer_idle_timeout
            case _:
                return 0.0

    def _stream(self, agent: Agent, provider: Provider | Made) -> Stream:
        told = agent.sort in self.node.settings.hooked_agents
        policies: Mapping[str, HookPolicy] = {} if told else UNTOLD
        session, now_ms = server_uuid(self.node.random), self.node.now_ms
        return Stream(
            media_session_id=agent.id,
            name=agent.local_name,
            published=True,
            status="PENDING",
            connection=Connection(session, provider, provider.app_key, now_ms, policies=policies),
            created_ms=now_ms,
            width=agent.width,
            height=agent.height,
            has_video=agent.has_video,
            has_audio=agent.has_audio,
            record=agent.record,
        )

    def _end_unused(self, agent: Agent, idle_s: float, left: int) -> None:
        """Look now and then whether it is of use; end it when it was not for long enough."""
        if agent.gone.is_set() or agent.ended:
            return
        left = IDLE_CHECKS if self._is_used(agent) else left - 1
        if left < 0:
            self.end(agent, SELF)
            return
        self.node.later(idle_s / IDLE_CHECKS, partial(self._end_unused, agent, idle_s, left))

    def _is_used(self, agent: Agent) -> bool:
        """Return whether somebody reads its stream; for a mixer, whether it has inputs."""
        if agent.kind is Sort.MIXER:
            return bool(agent.inputs)
        return agent.stream is not None and self.streams.is_read(agent.stream)

    def _is_unreachable(self, agent: Agent) -> bool:
        return agent.uri.startswith(self.node.faults.unreachable)

    def _lose_unreachable(self) -> None:
        for agent in tuple(self.objects.of(Agent).values()):
            if agent.runs and self._is_unreachable(agent):
                self.vanish(agent)
