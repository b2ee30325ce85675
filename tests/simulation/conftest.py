"""Tell at the end of a run of the tests how much was simulated."""

from tests.simulation.sky import REPORT


def pytest_terminal_summary(terminalreporter):
    if REPORT.outcomes:
        terminalreporter.section("simulation")
        for line in REPORT.lines():
            terminalreporter.write_line(line)
