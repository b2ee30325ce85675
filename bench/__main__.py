"""`python -m bench NAME`: run one measure; without a name, list them."""

import importlib
import sys

MEASURES = {
    "flood": "500 hooks/s on 1,000 resources for a minute, then two minutes of rest",
    "log": "verify, open and back up a log of 50,000 hooks",
}


def main():
    if len(sys.argv) < 2 or sys.argv[1] not in MEASURES:
        for name, line in MEASURES.items():
            print(f"python -m bench {name:<10} {line}")
        return 0 if len(sys.argv) < 2 else 2
    return importlib.import_module(f"bench.{sys.argv[1]}").main(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
