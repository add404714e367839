"""A drop directory, its source and a poller, under one clock: ``look`` is a round of the running service."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from producers.csv_drop import CsvSource, captured
from producers.drops import Pattern, Rule
from producers.limits import Limits
from producers.memory import MemoryDatabase
from producers.source import Condition
from schemas.records import Operation, Value
from schemas.source import SourceObject
from tests.unit.producers.worlds import NOON, World

PATIENT = SourceObject("patient", ("id",), "patients")
FULL = Rule(full=Pattern("patients*.csv"))
ADA_BOB = "id,name\n1,Ada\n2,Bob\n"
LIMITS = Limits(chunk_rows=50, margin=0.5, missing_rows=1_000, sweep_interval=10)
SOURCES: list[CsvSource] = []
"""All that were made, for a fixture to close."""


@dataclass
class Drops:
    """``tmp``: holds the directory ``drops``, and what the source needs for itself."""

    tmp: Path
    rule: Rule = FULL
    what: SourceObject = PATIENT
    limits: Limits = LIMITS
    database: MemoryDatabase = field(default_factory=lambda: MemoryDatabase(NOON))

    def __post_init__(self) -> None:
        self.directory = self.tmp / "drops"
        self.documents = self.tmp / "documents"
        self.directory.mkdir(parents=True, exist_ok=True)
        self.documents.mkdir(exist_ok=True)
        self.source = self._source()
        self.world = World(captured(self.what), self.limits, self.database, source=self.source)

    def _source(self) -> CsvSource:
        source = CsvSource(
            self.directory,
            self.tmp / "work",
            {self.what.name: self.rule},
            [self.what],
            documents=self.documents,
            settle_seconds=5,
            clock=lambda: self.database.now,
            monotonic=lambda: (self.database.now - NOON).total_seconds(),
        )
        SOURCES.append(source)
        return source

    def restart(self) -> None:
        """A new process: what it knows is in the topic, in the files, and in the little that the source remembers."""
        self.source.close()
        self.source = self._source()
        self.world.source = self.source
        self.world.start()

    def drop(self, name: str, text: str | bytes, *, at: float = 0.0) -> Path:
        """Puts a file there, its time ``at`` seconds after noon."""
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        moment = int((NOON + timedelta(seconds=at)).timestamp() * 1_000_000_000)
        os.utime(path, ns=(moment, moment))
        return path

    def round(self, seconds: float = 0.0) -> None:
        """What the service does in a while: increments, then all there is to snapshot and to sweep."""
        self.database.advance(seconds)
        world = self.world
        world.poll_to_end()
        while world.poller.snapshot():
            pass
        reading = self.source.reading()
        while world.poller.sweep(reading):
            pass

    def settle(self) -> None:
        """Long enough for every file to be taken, and for what is missing to be missed twice."""
        for _ in range(4):
            self.round(11)

    def condition(self) -> Condition:
        return self.source.condition(self.world.what)

    def events(self) -> list[tuple[str, str]]:
        return [(change.operation.value, change.record_id) for change in self.world.published]

    def take(self) -> list[tuple[str, str]]:
        """Events since the last call."""
        found = self.events()[getattr(self, "_taken", 0) :]
        self._taken = len(self.events())
        return found

    def latest(self, column: str = "name") -> dict[str, Value]:
        return {key: change.record[column] for key, change in self.world.latest().items()}


SNAPSHOT, UPSERT, DELETE = (kind.value for kind in (Operation.SNAPSHOT, Operation.UPSERT, Operation.DELETE))
