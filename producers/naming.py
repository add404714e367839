"""How the names of exports order them: by the day that they name, by their numbers, or not at all. Pure decisions.

People write days in many ways, and not all of them sort as text does: ``12312026`` would come after ``01012027``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

_DIGITS = re.compile(r"[0-9]+")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAME = (
    r"(?<![a-z])(?P<name>jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|oct(ober)?"
    r"|nov(ember)?|dec(ember)?)(?![a-z])"
)
_BEGIN, _END, _TIME = r"(?<![0-9])", r"(?![0-9])", r"(?=(?:[0-9]{4}|[0-9]{6})?(?![0-9]))"
_YEAR, _TWO, _SIGN = r"(?P<y>(?:19|20)[0-9]{2})", r"[0-9]{1,2}", r"[-_. ]"
_PAIRS = re.compile(
    rf"{_BEGIN}(?P<first>[0-9]{{2}})(?P<sign>{_SIGN}?)(?P<second>[0-9]{{2}})(?P=sign)(?P<third>[0-9]{{2}}){_END}"
)
_SHAPES = tuple(
    re.compile(text, re.IGNORECASE)
    for text in (
        rf"{_BEGIN}{_YEAR}(?P<m>[0-9]{{2}})(?P<d>[0-9]{{2}}){_TIME}",
        rf"{_BEGIN}(?P<one>[0-9]{{2}})(?P<other>[0-9]{{2}}){_YEAR}{_TIME}",
        rf"{_BEGIN}{_YEAR}(?P<sign>{_SIGN})(?P<m>{_TWO})(?P=sign)(?P<d>{_TWO}){_END}",
        rf"{_BEGIN}(?P<one>{_TWO})(?P<sign>{_SIGN})(?P<other>{_TWO})(?P=sign){_YEAR}{_END}",
        rf"{_BEGIN}{_YEAR}{_SIGN}?{_NAME}{_SIGN}?(?P<d>{_TWO}){_END}",
        rf"{_BEGIN}(?P<d>{_TWO}){_SIGN}?{_NAME}{_SIGN}?(?P<y>(?:19|20)?[0-9]{{2}}){_END}",
        rf"{_NAME}{_SIGN}?(?P<d>{_TWO}){_SIGN}+{_YEAR}{_END}",
        rf"{_NAME}{_SIGN}?{_YEAR}{_END}",
        rf"(?<![0-9]{_SIGN}){_BEGIN}(?P<m>{_TWO}){_SIGN}{_YEAR}{_END}",
    )
)
_CLOCK = re.compile(
    rf"{_BEGIN}({_TWO})[-_.:]?([0-9]{{2}})(?:[-_.:]?([0-9]{{2}}))?[-_ ]?([ap])m(?![a-z])", re.IGNORECASE
)
_NEAR_DAYS = 3
"""A file is mostly written on the day that its name tells, or soon after, in whichever zone."""
_ADVICE = "name exports with the year first (2026-12-31), or set day_first: in the settings"


class Order(StrEnum):
    """numbers: as people count. times: names do not tell, the files' times do. The others: by the day in the name; they
    differ where the year comes last, and where it has two digits."""

    numbers = "numbers"
    day_first = "day first"
    month_first = "month first"
    year_first = "year first"
    times = "times"


@dataclass(frozen=True, slots=True)
class Decision:
    """sure: the names prove it, or the times of the files: to be remembered. doubt: what a person should look at."""

    order: Order
    sure: bool = False
    doubt: str = ""


_Day = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class _Reading:
    """short: of three pairs of digits, which may be no day at all."""

    day: _Day
    rest: str
    short: bool


def natural(text: str) -> str:
    """Sorts as people count: ``part-2`` before ``part-10``."""
    return _DIGITS.sub(lambda found: found[0].zfill(20), text)


def decide(labels: Mapping[str, int], known: Order | None = None, *, day_first: bool | None = None) -> Decision:
    """How these labels order exports. ``labels``: with the time at which each was written, in ns.

    known: what was sure before. day_first: what a person has set.
    """
    read = {order: {label: _read(label, order) for label in labels} for order in _DAYS}
    dated = sorted(label for label in labels if any(read[order][label] for order in _DAYS))
    if not dated or 2 * len(dated) < len(labels):
        return Decision(Order.numbers)
    possible = {order: found for order in _DAYS if len(found := _all(read[order], dated)) == len(dated)}
    if day_first is not None:
        order = Order.day_first if day_first else Order.month_first
        return Decision(order, True, "" if order in possible else f"not all names of exports are {order} as set")
    near = {
        order: sum(_near(one.day, labels[label]) for label, one in found.items()) for order, found in possible.items()
    }
    short = any(one and one.short for order in _DAYS for one in read[order].values())
    if short and not any(near.values()) and known not in possible:
        return Decision(Order.numbers)
    if len(possible) == 1:
        return Decision(next(iter(possible)), True)
    if known in possible:
        return Decision(known, True)
    best = [order for order in possible if near[order] == max(near.values())]
    if len(best) == 1:
        return Decision(best[0], True)
    if len({tuple(sorted(dated, key=lambda label: possible[order][label].day)) for order in best}) == 1:
        return Decision(best[0])
    if best and all("." in label for label in dated):
        return Decision(Order.day_first)
    return Decision(
        Order.times,
        doubt="the names of its exports do not tell whether the day or the month comes first, so the times of the files"
        f" order them: {_ADVICE}",
    )


def rank(label: str, order: Order, written_ns: int) -> str:
    """Orders exports, if ``order`` is not ``times``. A label without a day has that on which it was written."""
    if order is Order.numbers:
        return natural(label)
    found = _read(label, order)
    written = datetime.fromtimestamp(written_ns // 1_000_000_000, UTC)
    year, month, day = found.day if found else (written.year, written.month, written.day)
    rest = found.rest if found else f"/{label}"
    return f"{year:04}{month:02}{day:02}".zfill(20) + natural(_CLOCK.sub(_hours, rest))


_DAYS = (Order.day_first, Order.month_first, Order.year_first)


def _all(read: Mapping[str, _Reading | None], labels: list[str]) -> dict[str, _Reading]:
    return {label: one for label in labels if (one := read[label]) is not None}


def _read(label: str, order: Order) -> _Reading | None:
    """The day that the label names, and what else is in it. A month alone is its day 0; so is a week of a year."""
    for shape in (*_SHAPES, _PAIRS):
        for found in shape.finditer(label):
            day = _day(found.groupdict(), order)
            if day is not None:
                return _Reading(day, f"{label[: found.start()]}/{label[found.end() :]}", shape is _PAIRS)
    return None


def _day(parts: Mapping[str, str | None], order: Order) -> _Day | None:
    def number(name: str) -> int:
        return int(parts[name] or 0)

    if "first" in parts:
        three = [number("first"), number("second"), number("third")]
        year, month, day = {
            Order.year_first: three,
            Order.day_first: three[::-1],
            Order.month_first: [three[2], three[0], three[1]],
        }[order]
        return _valid(2000 + year, month, day)
    year = number("y") + (2000 if number("y") < 100 else 0)
    if "one" in parts:
        if order is Order.year_first:
            return None
        day, month = (number("one"), number("other"))[:: 1 if order is Order.day_first else -1]
        return _valid(year, month, day)
    month = _MONTHS.index((parts["name"] or "")[:3].lower()) + 1 if "name" in parts else number("m")
    return _valid(year, month, number("d")) if "d" in parts else (year, month, 0)


def _valid(year: int, month: int, day: int) -> _Day | None:
    try:
        date(year, month, day)
    except ValueError:
        return None
    return year, month, day


def _near(day: _Day, written_ns: int) -> bool:
    written = datetime.fromtimestamp(written_ns // 1_000_000_000, UTC).date()
    year, month, number = day
    return _valid(year, month, max(number, 1)) is not None and (
        abs((written - date(year, month, max(number, 1))).days) <= _NEAR_DAYS
    )


def _hours(found: re.Match[str]) -> str:
    hour = int(found[1]) % 12 + (12 if found[4].lower() == "p" else 0)
    return f"{hour:02}{found[2]}{found[3] or ''}"
