"""One look at a running deployment, for the live view, ``status`` and the summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import quantiles

from infra.observer import Account, Observer
from infra.wiring import Deployment
from processors.obligations import Obligation, read_obligations
from schemas.keys import parse_record_key
from schemas.records import Flag, Outcome, Unit

RECENT = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Look:
    """What is known at one moment. ``lag``: (p50, p95, p99) seconds from source to Twenty over the last minute."""

    account: Account
    held: Counter[str]
    parked: Counter[str]
    links_owed: int
    lag: tuple[float, float, float] | None

    @property
    def settled(self) -> bool:
        """Nothing is on its way: all that is left in hold waits for parents that are not there."""
        return not self.account.pending and not self.account.lag and not self.account.unaccounted

    def as_json(self) -> dict[str, object]:
        """The report that ``status --json`` and the demo print; counts only, no patient data."""
        outcomes: Counter[str] = Counter()
        for (_, outcome), count in self.account.outcomes.items():
            outcomes[outcome.value] += count
        return {
            "captured": self.account.captured.total(),
            "captured_by_object": dict(self.account.captured),
            "outcomes": dict(sorted(outcomes.items())),
            "held": self.held.total(),
            "parked": self.parked.total(),
            "links_owed": self.links_owed,
            "dead_letters": len(self.account.dead_letters),
            "flagged": self.account.flagged,
            "pending": self.account.pending,
            "lag": self.account.lag,
            "conservation": len(self.account.unaccounted),
            "lag_seconds": dict(zip(("p50", "p95", "p99"), self.lag, strict=True)) if self.lag else None,
        }


class Monitor:
    """Looks at one deployment again and again; keeps its place in the topics."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._observer = Observer(deployment.kafka, deployment.topics, deployment.codec)
        self.obligations: list[Obligation] = []

    def close(self) -> None:
        self._observer.close()

    @property
    def first_write_at(self) -> datetime | None:
        return self._observer.first_write_at

    @property
    def flags(self) -> dict[tuple[str, str], Flag]:
        return self._observer.flags

    def catch_up(self) -> None:
        """Reads what is new, without the account."""
        self._observer.catch_up()

    def recent(self) -> list[tuple[datetime, datetime]]:
        """(decided at, changed at the source) of the newest writes, newest first."""
        return [(at, at - timedelta(seconds=seconds)) for at, _, seconds in reversed(self._observer.lags)]

    def look(self) -> Look:
        account = self._observer.account(self._owed())
        held: Counter[str] = Counter()
        parked: Counter[str] = Counter()
        for obligation in self.obligations:
            if obligation.kind == "held" and not obligation.skipped:
                (parked if obligation.parked else held)[parse_record_key(obligation.key).object] += 1
        return Look(
            account, held, parked, sum(o.kind == "link" and bool(o.missing) for o in self.obligations), self._lag()
        )

    def _owed(self) -> Iterator[Unit]:
        self.obligations = read_obligations(self._deployment.kafka, self._deployment.topics)
        for obligation in self.obligations:
            yield obligation.unit

    def _lag(self) -> tuple[float, float, float] | None:
        since = datetime.now(UTC) - RECENT
        recent = [seconds for at, _, seconds in self._observer.lags if at > since]
        if len(recent) < 2:
            return None
        cuts = quantiles(recent, n=100)
        return cuts[49], cuts[94], cuts[98]


def outcomes_of(account: Account, name: str, *wanted: Outcome) -> int:
    return sum(account.outcomes[name, outcome] for outcome in wanted)
