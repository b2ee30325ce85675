"""`python -m orchestrator` is the command `orchestrator`."""

from orchestrator.cli.main import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
