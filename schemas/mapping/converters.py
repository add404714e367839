"""Converters: one source value to one JSON value as Twenty 1.10 takes it.

Each raises ``UnusableError`` for a value that it cannot write and ``AdjustedError`` for one that it had to change;
both end as flags on the record. ``None`` and empty text never reach a converter.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import phonenumbers
import pycountry

from schemas.mapping.values import AdjustedError, UnusableError, natural_key, text
from schemas.records import Json, Value

Convert = Callable[[Value], Any]

_SAFE_INTEGER = 2**53
_MICROS = Decimal(1_000_000)
_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\".]+")
_PHONE = re.compile(r"\+?[\d\s().\-/]*\d[\d\s().\-/]*(?:(?:ext\.?|extension|x|#)\s*\d+)?", re.IGNORECASE)
_TRUE, _FALSE = frozenset({"true", "t", "yes", "y", "1"}), frozenset({"false", "f", "no", "n", "0"})


def trim(value: Value) -> str:
    try:
        return text(value).strip()
    except AdjustedError as adjusted:
        raise AdjustedError(adjusted.result.strip(), adjusted.reason) from None


def lower(value: Value) -> str:
    try:
        return text(value).strip().lower()
    except AdjustedError as adjusted:
        raise AdjustedError(adjusted.result.strip().lower(), adjusted.reason) from None


def line(value: Value) -> str:
    """The text of a value that has a form of its own, in which nothing can be mended."""
    try:
        return text(value).strip()
    except AdjustedError as adjusted:
        raise UnusableError(f"not usable: {adjusted.reason}") from None


def number(value: Value) -> int | float:
    """A JSON number. Twenty stores text that is no number as null without a word (observed), so it is refused here."""
    decimal = _decimal(value)
    if decimal == decimal.to_integral_value():
        whole = int(decimal)
        if abs(whole) >= _SAFE_INTEGER:
            raise UnusableError("a number larger than 2^53, which Twenty cannot hold")
        return whole
    result = float(decimal)
    if Decimal(repr(result)) != decimal:
        raise AdjustedError(result, "rounded to the precision that Twenty holds")
    return result


def integer(value: Value) -> int:
    decimal = _decimal(value)
    if decimal != decimal.to_integral_value():
        raise UnusableError("a whole number was expected")
    return int(number(decimal))


def boolean(value: Value) -> bool:
    if isinstance(value, bool):
        return value
    word = line(value).lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise UnusableError("true or false was expected")


def day(zone: ZoneInfo, formats: Sequence[str] = ()) -> Convert:
    """A date as ``YYYY-MM-DD``. A date never shifts: only an instant is brought to the clinic's day."""

    def convert(value: Value) -> str:
        if isinstance(value, str) or (formats and isinstance(value, int)):
            value = _parsed(str(value), formats)
        if isinstance(value, datetime):
            try:
                return (value.astimezone(zone) if value.tzinfo else value).date().isoformat()
            except OverflowError:
                raise UnusableError("a date out of range") from None
        if isinstance(value, date):
            return value.isoformat()
        raise UnusableError("a date was expected")

    return convert


def moment(
    zone: ZoneInfo,
    ambiguous: Literal["first", "second"],
    missing: Literal["forward", "backward"],
    formats: Sequence[str],
) -> Convert:
    """An instant as ``YYYY-MM-DDTHH:MM:SS.mmmZ`` (Twenty holds milliseconds). A naive time is local to ``zone``.

    In the hour that a clock change doubles, ``ambiguous`` says which one is meant; a time in the hour that it drops
    moves ``missing``-ward by the length of the change. Both are flagged.
    """
    second, backward = ambiguous == "second", missing == "backward"

    def convert(value: Value) -> str:
        if isinstance(value, str) or (formats and isinstance(value, int)):
            value = _parsed(str(value), formats)
        if not isinstance(value, datetime):
            if not isinstance(value, date):
                raise UnusableError("a date and time was expected")
            value = datetime.combine(value, time())
        try:
            if value.tzinfo is not None:
                return _instant(value)
            early, late = value.replace(tzinfo=zone, fold=0), value.replace(tzinfo=zone, fold=1)
            before, after = early.utcoffset(), late.utcoffset()
            if before == after:
                return _instant(early)
            assert before is not None
            assert after is not None
            if before > after:
                raise AdjustedError(
                    _instant(late if second else early), f"a clock change doubles this hour: the {ambiguous} taken"
                )
            raise AdjustedError(
                _instant(late if backward else early), f"a clock change drops this hour: moved {missing}"
            )
        except OverflowError:
            raise UnusableError("a date out of range") from None

    return convert


def micros(value: Value) -> int | str:
    """An amount in millionths; as text where a JSON number of Twenty's would lose digits."""
    amount = _decimal(value) * _MICROS
    whole = amount.to_integral_value()
    result = int(whole)
    if result.bit_length() > 400:
        raise UnusableError("an amount out of range")
    sent = result if abs(result) < _SAFE_INTEGER else str(result)
    if whole != amount:
        raise AdjustedError(sent, "rounded to a millionth of the currency")
    return sent


@lru_cache(maxsize=1024)
def _is_currency(code: str) -> bool:
    return pycountry.currencies.get(alpha_3=code) is not None


def currency(value: Value) -> str:
    code = line(value).upper()
    if not _is_currency(code):
        raise UnusableError("a currency of ISO 4217 was expected")
    return code


def email(value: Value) -> str:
    """Twenty lower-cases addresses (observed), so the canonical form is the lower-case one."""
    address = line(value).lower()
    if len(address) > 320 or not _EMAIL.fullmatch(address):
        raise UnusableError("not an e-mail address")
    return address


def placeholder_email(system: str, target: str, key: str) -> str:
    """The address that stands for a missing one. ``key`` goes into it as a digest, because it may be anything; the
    top-level domain is kept free of mail by RFC 2606.
    """
    digest = hashlib.blake2b(f"{target}\0{key}".encode(), digest_size=10, person=b"dualrun-address").hexdigest()
    return f"{target.lower()}-{digest}@{system.replace('_', '-').lower()}.invalid"


@lru_cache(maxsize=65_536)
def _phone(written: str, region: str) -> tuple[str, str, str, str, str] | None:
    """(national number, country, calling code, E.164, extension), or None where it is no phone number."""
    if not _PHONE.fullmatch(written):
        return None
    try:
        parsed = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    code = parsed.country_code or 0
    country = phonenumbers.region_code_for_number(parsed)
    if not country:
        # A number that no region has assigned (555-0100) still belongs to its calling code.
        country = region if phonenumbers.country_code_for_region(region) == code else ""
        country = country or phonenumbers.region_code_for_country_code(code)
    if country == "001":
        country = ""
    return (
        phonenumbers.national_significant_number(parsed),
        country,
        f"+{code}",
        phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164),
        parsed.extension or "",
    )


def phone(region: str) -> Convert:
    """Twenty's PHONES composite, split as Twenty itself splits a number (observed)."""

    def convert(value: Value) -> dict[str, Any]:
        parts = _phone(line(value), region)
        if parts is None:
            raise UnusableError("not a phone number")
        result = {
            "primaryPhoneNumber": parts[0],
            "primaryPhoneCountryCode": parts[1],
            "primaryPhoneCallingCode": parts[2],
            "additionalPhones": [],
        }
        if parts[4]:
            raise AdjustedError(result, "the extension has no place in Twenty")
        return result

    return convert


def e164(region: str) -> Convert:
    """A phone number in its one international form, for comparing."""

    def convert(value: Value) -> str:
        parts = _phone(line(value), region)
        if parts is None:
            raise UnusableError("not a phone number")
        return parts[3]

    return convert


@lru_cache(maxsize=4096)
def _country(written: str) -> tuple[str, str] | None:
    try:
        found = pycountry.countries.lookup(written)
    except LookupError:
        return None
    return str(getattr(found, "common_name", found.name)), str(found.alpha_2)


def country(value: Value) -> str:
    """The country's English name, whatever name or code it was written by."""
    return _known_country(value)[0]


def country_code(value: Value) -> str:
    """The two-letter code of ISO 3166."""
    return _known_country(value)[1]


def _known_country(value: Value) -> tuple[str, str]:
    found = _country(line(value))
    if found is None:
        raise UnusableError("not a country of ISO 3166")
    return found


def link(value: Value) -> dict[str, Any]:
    """Twenty's LINKS composite; Twenty refuses what has no host with a dot (observed)."""
    url = line(value)
    try:
        host = urlsplit(url if "//" in url else f"//{url}").hostname or ""
    except ValueError:
        host = ""
    if re.search(r"[\s,]", url) or not re.fullmatch(r"[^.]+(\.[^.]+)+", host):
        raise UnusableError("not a web address")
    return {"primaryLinkUrl": url, "primaryLinkLabel": "", "secondaryLinks": []}


def select(values: Mapping[str, str]) -> Convert:
    """Source text -> option. Case and surrounding space do not matter."""
    options = {natural_key(source): option for source, option in values.items()}

    def convert(value: Value) -> str:
        option = options.get(natural_key(value))
        if option is None:
            raise UnusableError("a value without a mapping")
        return option

    return convert


def multi_select(values: Mapping[str, str], separator: str) -> Convert:
    """Texts -> their options, each once, in the order of ``values``: how a source orders them says nothing.

    Of an array, or of text with ``separator`` between. Raises AdjustedError with those that have an option.
    """
    options = {natural_key(source): option for source, option in values.items()}
    order = list(dict.fromkeys(options.values()))

    def convert(value: Value) -> list[str]:
        texts = value.value if isinstance(value, Json) else text(value).split(separator)
        if not isinstance(texts, list):
            raise UnusableError("a list was expected")
        items = (Json(one) if isinstance(one, list | dict) else one for one in texts)
        keys = [key for one in items if (key := natural_key(one))]
        chosen = sorted({options[key] for key in keys if key in options}, key=order.index)
        if any(key not in options for key in keys):
            raise AdjustedError(chosen, "a value without a mapping")
        return chosen

    return convert


def markdown(value: Value) -> dict[str, str]:
    try:
        return {"markdown": text(value)}
    except AdjustedError as adjusted:
        raise AdjustedError({"markdown": adjusted.result}, adjusted.reason) from None


def _decimal(value: Value) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise UnusableError("a number was expected")
    if isinstance(value, str) and len(value) > 100:
        raise UnusableError("a number was expected")
    try:
        result = Decimal(
            repr(value) if isinstance(value, float) else value.strip() if isinstance(value, str) else value
        )
    except InvalidOperation:
        raise UnusableError("a number was expected") from None
    if not result.is_finite() or abs(result.adjusted()) > 100:
        raise UnusableError("a number out of range")
    return result


def _parsed(value: str, formats: Sequence[str]) -> date | datetime:
    written = value.strip()
    for pattern in formats:
        try:
            return datetime.strptime(written, pattern)  # noqa: DTZ007  # the clinic's zone is laid on by the caller
        except ValueError:
            continue
    try:
        return date.fromisoformat(written) if len(written) == 10 else datetime.fromisoformat(written)
    except ValueError:
        raise UnusableError("no such date" if re.fullmatch(r"\d{4}-\d\d-\d\d.*", written) else "not a date") from None


def _instant(value: datetime) -> str:
    moved = value.astimezone(UTC).replace(tzinfo=None)
    return f"{moved.isoformat(timespec='milliseconds')}Z"
