"""Orders that make no sense are refused before anybody is asked."""

import pytest
from click.testing import CliRunner

from orchestrator.cli import orders


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a", "--for", "0s"], "--for 0s is no time; without --for, stop has no end"),
        (["-l", "show"], "'show' is no LABEL=VALUE"),
        ([], "name what to stop: [KIND/]NAME or -l LABEL=VALUE"),
    ],
)
def test_an_order_that_makes_no_sense_is_wrong_usage(arguments, message):
    result = CliRunner().invoke(orders.stop, arguments)
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (2, f"Error: {message}")
