"""A folder of state on a real disk, read as the daemon reads it."""

from pathlib import Path

import yaml
from attrs import define, field

from orchestrator.core.configuration import Configuration, Limits
from orchestrator.core.mapping import Map
from orchestrator.core.resource import Place
from orchestrator.daemon.asking import deriver_of
from orchestrator.daemon.load import Documents, news
from orchestrator.kinds.catalogue import KINDS
from orchestrator.shell.documents.state import StateReader
from orchestrator.shell.secrets import Vault
from orchestrator.shell.settings import HookSettings, LogSettings, Settings
from tests.core.history import NODE
from tests.faults.lines import FORMS, name_of
from tests.faults.lines import NODE as CONFIGURED

DERIVER = deriver_of(Vault(b"k" * 32), KINDS)


@define(eq=False)
class Desk:
    """Where people edit, and what reads it."""

    folder: Path
    limits: Limits
    reader: StateReader = field(factory=StateReader)
    vault: Vault = field(factory=lambda: Vault(b"k" * 32))

    @property
    def state(self):
        return self.folder / "state"

    def write(self, data):
        """Leave one file with these bytes and nothing else."""
        self.state.mkdir(exist_ok=True)
        (self.state / "all.yaml").write_bytes(data)

    def remove(self):
        """Have no folder at all."""
        for path in self.state.iterdir():
            path.unlink()
        self.state.rmdir()

    def read(self, world):
        """Return what a load of the folder appends to the log of a world, and its faults."""
        place = Place(str(self.folder / "orchestrator.yaml"), 1, 1)
        settings = Settings(
            place=place,
            log=LogSettings(self.folder),
            control=self.folder,
            configuration=Configuration(nodes=Map({NODE: CONFIGURED}), limits=self.limits),
            hooks=HookSettings(),
            nodes=Map(),
            state=(self.state,),
        )
        files = self.reader.read(settings, self.vault, KINDS, declared=world.declared)
        faults = tuple(fault for file in files for fault in file.faults)
        return news(world, Documents(settings, files), KINDS, DERIVER, 0), faults


def text_of(slots):
    """Return a state file with these lines, by form and number, each in its variant."""
    sections = {}
    for (form, number), variant in sorted(slots.items()):
        section, fields = FORMS[form]
        sections.setdefault(section, {})[name_of(form, number)] = fields(number, variant)
    said = {"defaults": {"node": NODE}, **sections} if sections else {}
    return yaml.safe_dump(said, sort_keys=False).encode()
