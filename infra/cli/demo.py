"""``dualrun demo``: watch a clinic's live database flow into Twenty."""

from __future__ import annotations

import json as jsonlib
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.live import Live

from infra.cli.status import Json
from infra.cli.view import render
from infra.clinics.comparison import Comparison
from infra.clinics.life import Life
from infra.clinics.worlds import WORLDS
from infra.metrics import serve_together, value
from infra.monitor import Look
from infra.showcase import Showcase, ShowcaseOptions
from schemas.records import Outcome

LOOK_SECONDS = 1.0
SETTLE_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class Summary:
    """What the demo found. ``first_record_seconds``: from the systems being up to the first record in Twenty.

    without_owner: records in Twenty that nobody answers for.
    """

    look: Look
    comparison: Comparison
    requests: int
    refused: int
    first_record_seconds: float | None
    without_owner: int

    @property
    def clean(self) -> bool:
        in_step = not self.comparison.mismatches and self.comparison.compared > 0
        return in_step and not self.look.account.unaccounted and not self.without_owner

    def as_json(self) -> dict[str, object]:
        return {
            **self.look.as_json(),
            "reconcile": {"compared": self.comparison.compared, "mismatches": len(self.comparison.mismatches)},
            "requests": self.requests,
            "refused": self.refused,
            "first_record_seconds": self.first_record_seconds,
            "without_owner": self.without_owner,
        }


def _known(system: str) -> str:
    if system not in WORLDS:
        raise typer.BadParameter(f"{system}: expected one of {', '.join(WORLDS)}")
    return system


def demo(
    system: Annotated[
        str, typer.Option(callback=_known, help=f"Whose clinic it is: {', '.join(WORLDS)}.")
    ] = "clinic_place",
    patients: Annotated[int, typer.Option(min=1, help="Size of the clinic.")] = 500,
    changes: Annotated[int, typer.Option(min=0, help="Changes that follow while you watch.")] = 200,
    rate: Annotated[float, typer.Option(min=0.1, help="Changes a second.")] = 5.0,
    requests: Annotated[
        int, typer.Option(min=0, help="Requests a minute that the stand-in grants; 0: no limit.")
    ] = 600,
    seed: Annotated[int, typer.Option(help="The same seed makes the same clinic and the same changes.")] = 1,
    until_synced: Annotated[
        bool, typer.Option("--until-synced", help="End when all changes have arrived, and compare every record.")
    ] = False,
    data_dir: Annotated[
        Path | None, typer.Option(help="Keep the data in this directory; without it, it goes with the demo.")
    ] = None,
    metrics_port: Annotated[int, typer.Option(help="Prometheus metrics on this port of 127.0.0.1; 0: none.")] = 0,
    json: Json = False,
) -> None:
    """A made-up clinic on real parts: PostgreSQL, Kafka, hold, and a Twenty stand-in. Ctrl-C ends it.

    Exit code 1 where a record in Twenty differs from the source or a change has no account.
    """
    console = Console(stderr=True)
    directory = data_dir or Path(tempfile.mkdtemp(prefix="dualrun-demo-"))
    options = ShowcaseOptions(system=system, patients=patients, seed=seed, requests=requests)
    with Showcase(directory, options, keep=data_dir is not None) as showcase:
        with console.status("starting Kafka, PostgreSQL and Twenty (the first time, Kafka is downloaded: 45 MB)"):
            showcase.start_systems()
        with console.status("starting poller, hold and sink"):
            showcase.start_components()
        if metrics_port:
            serve_together(metrics_port, showcase.pipeline.metrics)
        which = "Twenty (stand-in)" if showcase.standin else "Twenty"
        console.print(f"{which}: {showcase.twenty_url}   data and logs: {directory}", highlight=False)
        try:
            summary = _watch(showcase, console, changes, rate, until_synced)
        except KeyboardInterrupt:
            console.print("stopping")
            return
    _print(console, summary)
    if json:
        sys.stdout.write(jsonlib.dumps(summary.as_json()) + "\n")
    raise typer.Exit(0 if summary.clean else 1)


def _watch(showcase: Showcase, console: Console, changes: int, rate: float, until_synced: bool) -> Summary:
    """Shows the flow; the clinic begins to live once the first record has arrived."""
    living, title = _Living(showcase.life(), changes, rate), f"{showcase.world.title} to Twenty"
    deadline: float | None = None
    try:
        with Live(console=console, auto_refresh=False, transient=False) as live:
            while True:
                look = showcase.monitor.look()
                live.update(render(title, look, showcase.pipeline.metrics()), refresh=True)
                if showcase.monitor.first_write_at:
                    living.begin()
                if until_synced and living.done:
                    deadline = deadline or time.monotonic() + SETTLE_SECONDS
                    settled = showcase.settled(living.done_at(showcase.source_now))
                    if settled and not living.goes_on():
                        live.update(render(title, settled, showcase.pipeline.metrics()))
                        return _summary(showcase, console, settled)
                    if time.monotonic() > deadline:
                        console.print(f"not settled after {SETTLE_SECONDS:.0f} s: the comparison shows what is missing")
                        return _summary(showcase, console, look)
                time.sleep(LOOK_SECONDS)
    finally:
        living.end()


class _Living:
    """The clinic's life in a thread of its own."""

    def __init__(self, life: Life[Any], changes: int, rate: float) -> None:
        self._stop = threading.Event()
        self._failure: BaseException | None = None
        self._done_at: datetime | None = None
        self._life: Life[Any] | None = life
        self._thread = threading.Thread(target=self._live, args=(life, changes, rate), name="life", daemon=True)

    def begin(self) -> None:
        if self._thread.ident is None:
            self._thread.start()

    @property
    def done(self) -> bool:
        if self._failure:
            raise RuntimeError("the clinic's life ended early") from self._failure
        return self._thread.ident is not None and not self._thread.is_alive()

    def done_at(self, now: Callable[[], datetime]) -> datetime:
        """The source's time at the first question after the end: every change lies before it."""
        self._done_at = self._done_at or now()
        return self._done_at

    def goes_on(self) -> bool:
        """Called once all is in step: whether something happened that had to wait for it."""
        life, self._life = self._life, None
        if life is None or not life.afterwards():
            return False
        self._done_at = None
        return True

    def end(self) -> None:
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _live(self, life: Life[Any], changes: int, rate: float) -> None:
        try:
            life.run(changes, rate, self._stop)
            life.settle()
        except BaseException as error:
            self._failure = error


def _summary(showcase: Showcase, console: Console, look: Look) -> Summary:
    # a reader of its own costs tokens: what the sink used and what was refused is read before it begins
    requests, refused = _traffic(showcase)
    with console.status("reading every record back over HTTP and comparing it, field by field"):
        comparison = showcase.compare()
        without_owner = showcase.without_owner()
    first, ready = showcase.monitor.first_write_at, showcase.ready_at
    return Summary(
        look,
        comparison,
        requests,
        refused,
        round((first - ready).total_seconds(), 1) if first and ready else None,
        without_owner,
    )


def _traffic(showcase: Showcase) -> tuple[int, int]:
    """Requests and refusals: as the stand-in counted them, or the sink, where Twenty is the user's own."""
    if showcase.standin:
        stats = showcase.control("stats")
        return int(stats["requests"]), int(stats["refused"])
    metrics = showcase.pipeline.metrics()
    sent, throttled = "dualrun_sink_request_duration_seconds_count", "dualrun_sink_throttled_total"
    return int(value(metrics, sent) or 0), int(value(metrics, throttled) or 0)


def _flowed(outcomes: Mapping[tuple[str, Outcome], int]) -> str:
    """What happened to records that were in Twenty already. ``outcomes``: decisions, by object and outcome."""
    told = {"changed": Outcome.UPDATED, "merged": Outcome.MERGED, "deleted": Outcome.DELETED, "back": Outcome.RESTORED}
    counts = {word: sum(count for (_, one), count in outcomes.items() if one is what) for word, what in told.items()}
    return "flowed: " + ", ".join(f"{count:,} {word}" for word, count in counts.items())


def _print(console: Console, summary: Summary) -> None:
    report, comparison = summary.as_json(), summary.comparison
    for name in ("captured", "outcomes", "held", "parked", "dead_letters", "flagged", "requests", "refused"):
        console.print(f"{name.replace('_', ' ')}: {report[name]}", highlight=False)
    console.print(_flowed(summary.look.account.outcomes), highlight=False)
    console.print(f"first record in Twenty after {summary.first_record_seconds} s", highlight=False)
    console.print(f"conservation: {report['conservation']} changes without an account", highlight=False)
    console.print(
        f"compared {comparison.compared:,} values with the source, {len(comparison.mismatches)} differ", highlight=False
    )
    console.print(f"records without an owner: {summary.without_owner}", highlight=False)
    for mismatch in comparison.mismatches[:20]:
        where = f"{mismatch.object} {mismatch.key} {mismatch.field}".rstrip()
        console.print(f"  {where}: {mismatch.reason}", highlight=False, markup=False)
    console.print("in step" if summary.clean else "NOT in step", style="green" if summary.clean else "red")
