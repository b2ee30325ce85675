"""What a node is told when it is made; all but its name has a default."""

from attrs import field, frozen

from orchestrator.emulator.faults import Faults
from orchestrator.emulator.hooks import METHODS, Application
from orchestrator.emulator.settings import Settings
from orchestrator.emulator.things import Provider


@frozen
class NodeOptions:
    """One node.

    `publishers` are there from the start and come back whenever they are lost; `come_and_go` is how
    many others publish for a while and leave, as the seed of the node has it.
    """

    name: str
    address: str = "127.0.0.1"
    port: int = 8081
    seed: int = 0
    settings: Settings = field(factory=Settings)
    faults: Faults = field(factory=Faults)
    applications: tuple[Application, ...] = ()
    publishers: tuple[str, ...] = ()
    come_and_go: int = 0
    tls_certificate: str = ""
    tls_key: str = ""


def applications_at(url: str) -> tuple[Application, ...]:
    """Return the applications that clients arrive at, sending every hook to one place."""
    return tuple(Application(provider.app_key, url, METHODS) for provider in Provider)
