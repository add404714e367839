"""``python -m infra.proposals``: how good proposals are, as the table of docs/profile.md."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from infra.clinics.worlds import WORLDS
from infra.proposals.score import Score, score
from infra.proposals.sources import FIRST_SIGHT, Measured, all_sources, of_files
from producers.propose.proposal import propose

HEAD = "| Source | Precision at first sight | Found | Precision now | Found |\n|---|---|---|---|---|"


def line(measured: Measured, found: Score) -> str:
    """One source of the table; what has no first figures yet is met now."""
    first = FIRST_SIGHT.get(measured.name, (found.right, found.said, found.found, found.wanted))
    before = "developed on it |" if measured.name in WORLDS else f"{_share(*first[:2])} | {_share(*first[2:])}"
    return f"| {measured.name} | {before} | {_share(found.right, found.said)} | {_share(found.found, found.wanted)} |"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%} ({part} of {whole})"


def lines(sources: Iterator[Measured], *, told: bool) -> Iterator[str]:
    """``told``: also what was wrong and missed."""
    for measured in sources:
        found = score(propose(measured.profile), measured.answers)
        yield line(measured, found)
        if told:
            yield from (f"    {text}" for text in (*found.wrong, *(f"not found: {one}" for one in found.missed)))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.proposals", description=__doc__)
    parser.add_argument("--synthea", type=Path, help="directory of a Synthea CSV export, to measure it too")
    parser.add_argument("--why", action="store_true", help=f"what was wrong; also of {', '.join(WORLDS)}")
    options = parser.parse_args(arguments)
    sys.stdout.write(HEAD + "\n")
    with tempfile.TemporaryDirectory(prefix="dualrun-proposals-") as directory:
        work = Path(directory)
        for text in lines(all_sources(work), told=options.why):
            sys.stdout.write(text + "\n")
        if options.synthea:
            for text in lines(iter([of_files("synthea", options.synthea, work)]), told=options.why):
                sys.stdout.write(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
