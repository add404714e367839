"""Durations, however a clinic writes them, in minutes."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from schemas.mapping.converters import line
from schemas.mapping.values import AdjustedError, UnusableError
from schemas.records import Value

_NUMBER = r"(\d{1,9}(?:[.,]\d{1,9})?)"
_FORMS = (
    # 45 min, 1 h 30 min, 1.5 hours, 90 sec
    re.compile(
        rf"(?:{_NUMBER}\s*h(?:(?:ou)?rs?)?\.?)?\s*(?:{_NUMBER}\s*m(?:in(?:ute)?s?)?\.?)?"
        rf"\s*(?:{_NUMBER}\s*s(?:ec(?:ond)?s?)?\.?)?",
        re.IGNORECASE,
    ),
    # ISO 8601: PT1H30M
    re.compile(rf"PT(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?", re.IGNORECASE),
    # 1:30, 01:30:00
    re.compile(r"(\d{1,9}):([0-5]\d)(?::([0-5]\d(?:[.,]\d{1,9})?))?"),
)


def minutes(value: Value) -> int:
    """Whole minutes of a number of minutes, or of text with units, with colons (``h:mm``, ``hh:mm:ss``) or ISO 8601.

    Raises UnusableError, or AdjustedError with the nearest minute.
    """
    exact = _exact(value)
    whole = round(exact)
    if abs(whole) >= 2**31:
        raise UnusableError("a duration out of range")
    if whole != exact:
        raise AdjustedError(whole, "rounded to whole minutes")
    return whole


def _exact(value: Value) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise UnusableError("a duration was expected")
    written = line(value)
    try:
        number = Decimal(written)
    except InvalidOperation:
        return _parsed(written)
    if not number.is_finite() or abs(number.adjusted()) > 20:
        raise UnusableError("a duration out of range")
    return Fraction(number)


def _parsed(written: str) -> Fraction:
    for form in _FORMS:
        found = form.fullmatch(written)
        if found and any(found.groups()):
            hours, mins, seconds = (Fraction((one or "0").replace(",", ".")) for one in found.groups())
            return hours * 60 + mins + seconds / 60
    raise UnusableError("not a duration")
