"""A folder of state files, and what they may name: nodes and a secret."""

import pytest

from orchestrator.core.configuration import Configuration, Node, Retry
from orchestrator.core.mapping import Map
from orchestrator.core.resource import Place
from orchestrator.shell.secrets import FromFile, Vault
from orchestrator.shell.settings import LogSettings, Settings


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "key").write_text("hunter22\n")
    return Settings(
        place=Place(str(tmp_path / "orchestrator.yaml"), 1, 1),
        log=LogSettings(tmp_path),
        control=tmp_path,
        configuration=Configuration(
            nodes=Map(
                wcs1=Node(ws="ws://wcs1"),
                wcs2=Node(Map(role="edge")),
                old=Node(retired=True),
            ),
            retry=Retry(first_ms=7),
        ),
        state=(tmp_path / "state",),
        secrets=Map(key=FromFile(tmp_path / "key")),
    )


@pytest.fixture
def vault(settings):
    return Vault(b"key of seals", settings.secrets)


@pytest.fixture
def write(tmp_path):
    def write(name, text):
        path = tmp_path / "state" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    return write
