"""`python -m bench [NAME ...]`: run measures and write RESULTS.md; without a name, all of them.

`python -m bench list` tells what there is.
"""

import importlib
import sys
from pathlib import Path

from bench.machine import described

RESULTS = Path(__file__).parent / "RESULTS.md"
MEASURES = (
    "p01_intake", "p02_flood", "p03_append", "p04_replay", "p05_log", "p06_plan", "p07_cost",
    "p08_reaction", "p09_rebuild", "p10_silence", "p11_idle", "p12_command_line", "p13_yaml",
    "p15_size", "p16_calls",
)  # fmt: skip


def main(arguments):
    """Return 0; a goal that was missed is written down, not hidden, and fails nothing by itself."""
    if arguments == ["list"]:
        for name in MEASURES:
            about = importlib.import_module(f"bench.{name}").ABOUT.strip().splitlines()[0]
            print(f"{name:<18} {about}")
        return 0
    unknown = [name for name in arguments if name not in MEASURES]
    if unknown:
        print(f"{', '.join(unknown)}: no such measure; see `python -m bench list`")
        return 2
    sections = sections_of(RESULTS.read_text() if RESULTS.exists() else "")
    for name in arguments or MEASURES:
        module = importlib.import_module(f"bench.{name}")
        print(f"{name} …", flush=True)
        text = module.measure().text(name, module.ABOUT.strip())
        print(text, flush=True)
        sections[name] = text
        write(sections)
    return 0


def sections_of(text):
    """Return the sections of an earlier run by name."""
    parts = text.split("\n## ")[1:]
    return {part.splitlines()[0]: f"## {part.rstrip()}\n" for part in parts}


def write(sections):
    """Write all sections in their order, with the machine they were taken on."""
    known = [sections[name] for name in MEASURES if name in sections]
    head = f"# Measured\n\n`make bench`; {described()}.\nMedian (minimum to maximum) of each.\n\n"
    RESULTS.write_text(head + "\n".join(known))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
