"""A folder of rules to write into."""

import pytest


@pytest.fixture
def put(tmp_path):
    """Return what writes a file of rules and returns their folder."""
    folder = tmp_path / "rules"
    folder.mkdir()

    def put(text, name="a.yaml"):
        (folder / name).write_text(text)
        return folder

    return put
