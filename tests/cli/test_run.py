"""What `run` says when the daemon cannot start."""

import socket

from click.testing import CliRunner

from orchestrator.cli.run import run


def test_an_address_in_use_is_named_with_the_next_step(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        config = tmp_path / "orchestrator.yaml"
        config.write_text(f"{{log: {{path: log}}, control: c, hooks: {{listen: '{address}'}}}}")
        (tmp_path / "state").mkdir()
        result = CliRunner().invoke(run, ["--config", str(config)])
    said = f"{address}: Address already in use: stop what listens there, or name another address"
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (1, said)
