"""What the values of a column are like: its type, the form they share, and how they are masked for a report."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

MOST_STRANGERS = 0.1
"""Share of values that may not fit: "none", "see chart", a typing error."""

COMPACT = "%Y%m%d"
"""Days in digits alone: some databases keep them as whole numbers."""
FORMATS = (
    "%Y-%m-%d",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%d.%m.%Y",
    "%m-%d-%Y",
    "%d-%b-%Y",
    COMPACT,
    "%B %d, %Y",
    "%b %d, %Y",
    "%m/%d/%y",
    "%d.%m.%y",
    "%d-%m-%Y",
    "%Y/%m/%d",
    "%d/%m/%y",
    "%d-%b-%y",
    "%d %b %Y",
    "%d %B %Y",
)
_CLOCKS = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%H:%M:%S.%f", "%I:%M:%S %p", "%I:%M%p")
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?(\d\d)?)?")


class Shape(NamedTuple):
    """type: text, integer, decimal, boolean, date, datetime, time, json. form: what kind of text. format: strptime's
    pattern of dates in text, empty for ISO 8601."""

    type: str
    form: str = ""
    format: str = ""


_TAG = re.compile(r"</?(p|br|b|i|div|span|ul|li|strong|em|table|h\d)\b[^>]*>", re.IGNORECASE)


def _matcher(pattern: str) -> Callable[[str], bool]:
    expression = re.compile(pattern, re.IGNORECASE)
    return lambda text: expression.fullmatch(text) is not None


def _is_npi(text: str) -> bool:
    """Ten digits with the check digit of a National Provider Identifier (Luhn over 80840 and the number)."""
    if not re.fullmatch(r"[12]\d{9}", text):
        return False
    total = 24
    for position, digit in enumerate(reversed(text)):
        value = int(digit) * (2 if position % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _is_json(text: str) -> bool:
    if not text.startswith(("[", "{")):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _is_phone(text: str) -> bool:
    if re.fullmatch(r"-?\d+\.\d+|\d{1,3}(\.\d{1,3}){3}", text):
        return False  # a number, the address of a machine
    digits = sum(character.isdigit() for character in text)
    return 7 <= digits <= 15 and bool(re.fullmatch(r"\+?[\d\s().\-/]+((ext\.?|x)\s*\d+)?", text, re.IGNORECASE))


_FORMS: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("email", _matcher(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]+")),
    ("uuid", _matcher(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")),
    ("url", _matcher(r"(https?://|www\.)\S+")),
    ("ssn", _matcher(r"\d{3}-\d{2}-\d{4}")),
    ("file", _matcher(r"[^\n<>|?*]{1,200}\.(pdf|png|jpe?g|tiff?|docx?|dcm|rtf|txt|xlsx?|heic|gif|bmp)")),
    ("rtf", _matcher(r"\{\\rtf[\s\S]*")),
    (
        "html",
        lambda text: re.search(r"</?(p|br|b|i|div|span|ul|li|strong|em|table|h\d)\b[^>]*>", text, re.I) is not None,
    ),
    ("phone", lambda text: _is_phone(text) and not text.isdigit()),
    ("zip", _matcher(r"\d{5}-\d{4}")),
    ("website", _matcher(r"([a-z0-9-]+\.)+(com|org|net|health|clinic|example|de|us|io|care)(/\S*)?")),
)
_TRUTHS = (
    {"y", "n"}, {"yes", "no"}, {"true", "false"}, {"t", "f"}, {"j", "n"}, {"ja", "nein"}, {"o", "n"}, {"oui", "non"},
    {"si", "no"}, {"x"},
)  # fmt: skip
_LISTS = 0.3
"""So many of a column's values must be lists of texts: others have one text alone."""
MANY_DAYS = 5
"""From so many different times on it is no chance that all are midnights."""
_MARKED = frozenset({"html", "rtf"})


def judge(values: Sequence[str]) -> Shape:
    """The shape of a column. ``values``: distinct texts, none blank; a sample is enough."""
    if not values:
        return Shape("text")
    folded = {value.casefold() for value in values}
    if any(folded <= truths for truths in _TRUTHS) and len(folded) <= 2:
        return Shape("boolean")
    dated = _dated(values)
    if dated is not None:
        return dated
    for form, fits in _FORMS:
        least = 0.3 if form in _MARKED else 1 - MOST_STRANGERS
        if _share(values, fits) >= least:
            return Shape("text", form)
    if _share(values, _matcher(r"[^;|\n]{1,40}([;|][^;|\n]{1,40})+")) >= _LISTS and max(map(len, values)) < 200:
        return Shape("text", "list")
    if _share(values, _is_json) >= 1 - MOST_STRANGERS:
        return Shape("json")
    return _numeric(values)


def _numeric(values: Sequence[str]) -> Shape:
    if all(re.fullmatch(r"\d+", value) for value in values):
        if all(map(_is_npi, values)):
            return Shape("text", "npi")
        widths = {len(value) for value in values}
        leading = any(len(value) > 1 and value.startswith("0") for value in values)
        if widths == {10} and len(values) > 1:
            return Shape("text" if leading else "integer", "digits10")
        if widths == {5}:
            return Shape("text" if leading else "integer", "digits5")
        return Shape("text", "digits") if leading else Shape("integer")
    if _share(values, _matcher(r"\d{5}(-\d{4})?")) == 1:
        return Shape("text", "zip")
    if _share(values, _matcher(r"-?\d{1,15}")) >= 1 - MOST_STRANGERS:
        return Shape("integer")
    if (
        _share(values, _matcher(r"-?[$€£]?\s?\d{1,3}(([,.' ]\d{3})+|\d*)([.,]\d+)?(e[+-]?\d+)?\s?[$€£]?"))
        >= 1 - MOST_STRANGERS
    ):
        return Shape("decimal", "money" if any(mark in value for mark in "$€£" for value in values) else "")
    return Shape("text")


def _share(values: Sequence[str], fits: Callable[[str], bool]) -> float:
    return sum(map(fits, values)) / len(values)


def _dated(values: Sequence[str]) -> Shape | None:
    """Dates and times in text; of patterns that fit equally well the first one."""
    if _share(values, lambda text: _ISO.fullmatch(text) is not None) >= 1 - MOST_STRANGERS:
        return Shape("datetime")
    if _share(values, lambda text: any(_parses(text, clock) for clock in _CLOCKS)) >= 1 - MOST_STRANGERS:
        return Shape("time")
    best: tuple[float, str, bool] | None = None
    for day in FORMATS:
        if not any(_parses(value.split(" ")[0] if " " not in day else value, day) for value in values[:20]):
            continue
        for pattern in (day, *(f"{day} {clock}" for clock in _CLOCKS)):
            share = _share(values, lambda text, pattern=pattern: _parses(text, pattern))  # type: ignore[misc]
            if share >= 1 - MOST_STRANGERS and (best is None or share > best[0]):
                best = share, pattern, pattern != day
    if best is None:
        return None
    share, pattern, timed = best
    if pattern == COMPACT and _share(values, lambda text: text.startswith(("19", "20"))) < 1 - MOST_STRANGERS:
        return None
    return Shape("datetime" if timed else "date", "", "" if pattern == "%Y-%m-%d" else pattern)


def whole_days(values: Sequence[str]) -> bool:
    """Whether times are days that a database without dates keeps as midnights. Those of a zone are instants."""
    midnight = re.compile(r".*[T ](?:00:00(?::00(?:\.0+)?)?|12:00(?::00)? AM)", re.IGNORECASE)
    return len(values) >= MANY_DAYS and all(map(midnight.fullmatch, values))


def _parses(text: str, pattern: str) -> bool:
    try:
        datetime.strptime(text, pattern)  # noqa: DTZ007  # only whether it is one
    except ValueError:
        return False
    return True


def masked(value: str) -> str:
    """``Smith-Jones 12`` -> ``Aa-Aa 9``: how a value is built, and nothing of what it says."""
    kinds = re.sub(r"[^\W\d_]", lambda found: "A" if found[0].isupper() else "a", value)
    kinds = re.sub(r"\d", "9", kinds)
    kinds = re.sub(r"[^Aa9\s.,:;/@()+\-#]", "?", kinds)
    if len(kinds) > 24:
        return "text of several words" if re.search(r"\s", kinds) else "long text without a blank"
    return re.sub(r"(A|a|\s)\1+", r"\1", kinds)


def patterns(values: Iterable[str], most: int = 3) -> list[tuple[str, int]]:
    """The commonest masks, with how many of the values have each."""
    return Counter(map(masked, values)).most_common(most)
