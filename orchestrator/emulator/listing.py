"""What the groups of agents have in common: how they start, list, find and end."""

from collections.abc import Callable
from typing import Any

from attrs import frozen

from orchestrator.emulator.agent import TRAITS, Agent, Sort
from orchestrator.emulator.call import Call, Refusal
from orchestrator.emulator.faults import strikes
from orchestrator.emulator.journal import By, Kind
from orchestrator.emulator.media import Media
from orchestrator.emulator.settings import NameTaken, Settings, Unpublished


@frozen
class Listing:
    """How one group lists its agents, by which fields it finds them, and how it ends them.

    `filters` tells whether /terminate takes any of the keys, or needs the uri. `none_is_404` tells
    whether it minds that nothing fits.
    """

    kinds: tuple[Sort, ...]
    shape: Callable[[Agent, Settings], dict[str, Any]]
    keys: tuple[str, ...] = ("uri",)
    filters: bool = False
    none_is_404: bool = True

    def find_all(self, media: Media, _: Call) -> list[dict[str, Any]]:
        """List all."""
        return [self.shape(one, media.node.settings) for one in media.agents.all(*self.kinds)]

    def find(self, media: Media, call: Call) -> list[dict[str, Any]]:
        """List those that fit every key; null is no key."""
        return [self.shape(one, media.node.settings) for one in self.fitting(media, call)]

    def fitting(self, media: Media, call: Call) -> list[Agent]:
        """Return those that fit every key."""
        wanted = {key: call.text(key) for key in self.keys if call.text(key)}

        def fits(agent: Agent) -> bool:
            shown = self.shape(agent, media.node.settings)
            uris = {agent.uri, *agent.spellings}
            return all(
                value == str(shown.get(key)) or (key == "uri" and value in uris)
                for key, value in wanted.items()
            )

        return [one for one in media.agents.all(*self.kinds) if fits(one)]

    def named(self, media: Media, call: Call) -> Agent:
        """Return the agent of a uri."""
        uri = call.text("uri")
        for agent in media.agents.all(*self.kinds):
            if uri in {agent.uri, *agent.spellings}:
                return agent
        raise Refusal(404, f"{uri} not found")

    def terminate(self, media: Media, call: Call) -> None:
        """Take the order to end some; they are listed for a moment longer."""
        if not self.filters:
            media.agents.terminate(self.named(media, call), call.cause)
            return
        keyed = any(call.text(key) for key in self.keys)
        if not keyed and not media.node.settings.empty_agent_terminate_ends_all:
            raise Refusal(500, f"{self.keys[0]} is missing")
        agents = self.fitting(media, call)
        minds = self.none_is_404 or media.node.settings.pull_terminate_of_none_is_404
        if not agents and minds:
            raise Refusal(404, "Not found")
        for agent in agents:
            media.agents.terminate(agent, call.cause)

    def refuse_second(self, media: Media, agent: Agent) -> None:
        """Refuse an agent whose uri another of the group has."""
        if any(one.uri == agent.uri for one in media.agents.all(*self.kinds)):
            raise Refusal(409, f"{agent.uri} already exists")


def start(media: Media, call: Call, agent: Agent) -> None:
    """Start an agent that is the only one of its key, if nothing else speaks against it."""
    settings = media.node.settings
    if TRAITS[agent.kind].publishes:
        refuse_taken(media, agent.local_name)
    missing = agent.reads and media.objects.published(agent.reads) is None
    if missing and settings.source_missing is not Unpublished.WAITS:
        raise Refusal(int(settings.source_missing.value), f"Stream {agent.reads} not found")
    if len(media.objects.of(Agent)) >= settings.agent_ports:
        raise Refusal(500, "No free ports")
    refuse_by_fault(media, call, agent.sort)
    media.agents.start(agent, call.cause)


def refuse_by_fault(media: Media, call: Call, sort: str) -> None:
    """Refuse a start because a fault says so; only calls of REST meet faults."""
    faults = media.node.faults
    struck = not faults.agent_sorts or sort in faults.agent_sorts
    if struck and call.cause.by is By.REST and strikes(media.node.random, faults.agents_refused):
        media.node.note(Kind.FAULT, f"{sort} refused", call.cause)
        raise Refusal(faults.agents_refused_status, "Emulated refusal")


def refuse_taken(media: Media, name: str) -> None:
    """Refuse a start that would publish under a name that is taken, where the build does."""
    how = media.node.settings.name_taken
    if how is not NameTaken.VANISHES and media.is_taken(name):
        raise Refusal(int(how.value), f"Stream {name} already exists")
