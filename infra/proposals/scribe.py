"""What made-up rows of several sources have in common: people, moments, sentences, and what is left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from infra.clinics.words import FIRST_NAMES, LAST_NAMES, MAIL_DOMAINS, SENTENCES, STREETS

Row = dict[str, Any]
LAST = datetime(2025, 5, 30, 17)  # noqa: DTZ001  # old software keeps the clinic's wall clock
"""When the last row of every source was written."""
_HOUSEHOLD = "family"


class Scribe(Random):
    """A seeded source of chance that writes as people do."""

    def some(self, share: float, value: Any, otherwise: Any = "") -> Any:
        """``value`` in that share of rows."""
        return value if self.random() < share else otherwise

    def name(self) -> tuple[str, str]:
        return self.choice(FIRST_NAMES), self.choice(LAST_NAMES)

    def email(self, first: str, last: str, number: int) -> str:
        """One in seven has none; a few share their household's."""
        plain = "".join(letter for letter in f"{first}.{last}".lower() if letter.isascii() and letter.isalpha())
        person = self.some(0.06, f"{_HOUSEHOLD}{number // 9}", f"{plain}{number}")
        return str(self.some(0.85, f"{person}@{self.choice(MAIL_DOMAINS)}"))

    def birth(self) -> date:
        return date(1934, 1, 1) + timedelta(days=self.randrange(31_000))

    def past(self, days: int = 1300) -> datetime:
        """A moment of the clinic's opening hours."""
        day = LAST - timedelta(days=self.randrange(days))
        return day.replace(hour=self.randrange(8, 18), minute=self.randrange(60), second=self.randrange(60))

    def slot(self) -> datetime:
        """When somebody has an appointment; one in ten is still to come."""
        day = LAST + timedelta(days=self.randrange(-900, 100))
        return day.replace(hour=self.randrange(8, 17), minute=self.choice([0, 15, 30, 45]))

    def street(self) -> str:
        return f"{self.randint(1, 999)} {self.choice(STREETS)}"

    def text(self, sentences: int = 2) -> str:
        return " ".join(self.choices(SENTENCES, k=self.randint(1, sentences)))

    def digits(self, count: int) -> str:
        return str(self.randint(10 ** (count - 1), 10**count - 1))

    def of(self, count: int, *none: Any, share: float = 0.0) -> Any:
        """The number of one of so many records; in that share of rows what stands for nobody, or nobody any more."""
        return self.choice(none) if none and self.random() < share else self.randint(1, count)


def written(
    makers: Mapping[str, Callable[[Scribe, int], Iterator[Row]]], patients: int, seed: int
) -> Mapping[str, Sequence[Row]]:
    """All rows by table, the same for the same seed; what is made first does not change what is made next."""
    return {name: list(make(Scribe(f"{seed}/{name}"), patients)) for name, make in makers.items()}
