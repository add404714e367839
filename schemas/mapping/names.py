"""The names that a mapping file may hold, and what all its models share."""

from __future__ import annotations

import re
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from pydantic import AfterValidator, BaseModel, ConfigDict

from schemas.twenty_names import LONGEST_NAME, OPTION_VALUE, camel_case


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("expected a zone of the IANA database, such as America/New_York") from None
    return name


def _region(code: str) -> str:
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError("expected a two-letter country code, such as US")
    return code


def _twenty_name(name: str) -> str:
    if camel_case(name) != name or not name[:1].isalpha() or len(name) > LONGEST_NAME:
        hint = camel_case(name)[:LONGEST_NAME]
        raise ValueError(f"expected a name in camelCase, at most {LONGEST_NAME} characters, such as {hint!r}")
    return name


def _matching(pattern: str | re.Pattern[str], expected: str) -> AfterValidator:
    def check(name: str) -> str:
        if not re.fullmatch(pattern, name):
            raise ValueError(f"expected {expected}")
        return name

    return AfterValidator(check)


SourceName = Annotated[str, _matching(r"[a-z][a-z0-9_]*", "a name in lower_snake_case")]
TwentyName = Annotated[str, AfterValidator(_twenty_name)]
PartName = Annotated[str, _matching(r"[^\0#]*", "a part name without #")]
OptionValue = Annotated[str, _matching(OPTION_VALUE, "a value in UPPER_SNAKE_CASE that begins with a letter")]
Label = Annotated[str, _matching(r"[^,]*[^,\s][^,]*", "a label that is not blank and has no comma (Twenty refuses it)")]
Zone = Annotated[str, AfterValidator(_zone)]
Region = Annotated[str, AfterValidator(_region)]
CurrencyCode = Annotated[str, _matching(r"[A-Z]{3}", "a currency code such as USD")]


class Model(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, use_attribute_docstrings=True)

    only: dict[str, str] = {}
    """Mode -> option: this is part of the mapping only where that option is chosen."""
