"""What the tests of the five systems share: a clinic that works, and what is seen of it in Twenty."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infra.monitor import Look
from infra.showcase import Showcase, ShowcaseOptions
from sinks.twenty.client import TwentyClient


def until(condition: Callable[[], Any], seconds: float = 180) -> Any:
    deadline = time.monotonic() + seconds
    while not (met := condition()):
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.2)
    return met


def settled(showcase: Showcase) -> Look:
    moment = showcase.source_now()
    look: Look = until(lambda: showcase.settled(moment))
    return look


@contextmanager
def arrived(system: str, patients: int, **source: float) -> Iterator[Showcase]:
    """A small customer of the system, when all that it had has arrived. ``source``: settings of that section."""
    overrides: dict[str, dict[str, Any]] = {"hold": {"park_seconds": 3}, "source": source}
    options = ShowcaseOptions(system=system, patients=patients, seed=5, requests=0, overrides=overrides)
    with Showcase(Path(tempfile.mkdtemp(prefix="dualrun-clinic-")), options, keep=False) as showcase:
        showcase.start_systems()
        showcase.start_components()
        settled(showcase)
        yield showcase


@contextmanager
def client(showcase: Showcase) -> Iterator[TwentyClient]:
    with TwentyClient(showcase.twenty_url, showcase.twenty_api_key, timeout=30) as twenty:
        yield twenty


def live_rows(twenty: TwentyClient, plural: str, key: str) -> list[dict[str, Any]]:
    """Rows that are not in the trash; ``key`` is ``system/object/id``."""
    return twenty.list_page(plural, filter=f'sourceSystemId[eq]:"{key}"').records


def assert_as_the_tables_say(showcase: Showcase, least: int) -> None:
    """Every value, and what stands aside. ``least``: values that must have been compared."""
    look, expected = settled(showcase), showcase.expected()
    comparison = showcase.compare()
    assert comparison.mismatches == ()
    assert comparison.compared > least
    assert look.account.dead_letters == () == look.account.unaccounted
    parked = {one.key for one in showcase.monitor.obligations if one.parked and not one.skipped}
    assert expected.parked <= parked <= expected.orphans
    assert expected.parked
    assert expected.flagged
    assert expected.flagged <= showcase.monitor.flags.keys()
    assert showcase.without_owner() == 0
