"""What the pages about the budget and about refusals say is what happens."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from ruamel.yaml import YAML

from infra.settings import TwentySection
from sinks.budget import Budget
from sinks.timetable import Load, Timetable
from sinks.twenty.errors import Kind

DOCS = Path(__file__).parents[2] / "docs"
BUDGET = (DOCS / "budget.md").read_text()
BERLIN = ZoneInfo("Europe/Berlin")


def table(page: str, first: str) -> list[list[str]]:
    """The cells of the table whose heading begins with ``first``."""
    lines = iter(page.split(f"| {first} |", 1)[1].splitlines()[2:])
    found = []
    for line in lines:
        if not line.startswith("|"):
            break
        found.append([cell.strip().strip("`") for cell in line.strip("|").split("|")])
    return found


def shown() -> TwentySection:
    written = YAML(typ="safe").load(re.findall(r"```yaml\n(.*?)```", BUDGET, re.DOTALL)[0])
    return TwentySection.model_validate({"url": "http://crm", "api_key": "k", **written["twenty"]})


@pytest.mark.parametrize(("requests", "reserve", "left"), table(BUDGET, "`requests`"))
def test_what_the_reserve_leaves(requests: str, reserve: str, left: str) -> None:
    budget, now, sent = Budget(int(requests), 60.0, int(reserve), 0.0), 0.0, 0
    while (now := now + budget.wait(now)) < 6000:
        budget.take(now)
        sent += 1
    assert sent // 100 == int(left)


@pytest.mark.parametrize(("clock", "live", "bulk", "uploads"), table(BUDGET, "clock"))
def test_the_hours_of_the_timetable(clock: str, live: str, bulk: str, uploads: str) -> None:
    hours = shown().timetable
    now = datetime.fromisoformat(f"2026-07-01T{clock}").replace(tzinfo=BERLIN)
    closed = Timetable(BERLIN, bulk=hours.bulk, uploads=hours.uploads).closed(now)
    assert live == "goes"
    assert (bulk, uploads) == tuple("waits" if load in closed else "goes" for load in (Load.BULK, Load.UPLOADS))


def test_every_kind_of_refusal_is_explained() -> None:
    kinds = [row[0] for row in table((DOCS / "operate.md").read_text(), "kind")]
    assert sorted(kinds) == sorted(Kind)
