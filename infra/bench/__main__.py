"""``python -m infra.bench NAME …`` runs one benchmark; without a name, all of them."""

import importlib
import sys
from pathlib import Path

HELPERS = {"__init__", "__main__", "quix_hold"}
NAMES = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in HELPERS)


def main(arguments: list[str]) -> None:
    if arguments and arguments[0] not in NAMES:
        sys.exit(f"no benchmark {arguments[0]!r}: there are {', '.join(NAMES)}")
    for name in arguments[:1] or NAMES:
        print(f"== {name}")
        importlib.import_module(f"infra.bench.{name}").main(arguments[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
