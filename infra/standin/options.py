"""Options and defaults of fields, by the rules that Twenty takes and refuses them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from infra.standin.errors import metadata_error
from schemas.twenty_names import LONGEST_NAME, OPTION_VALUE

Options = list[dict[str, Any]]

_QUOTED = re.compile(r"['\"](.*)['\"]\Z", re.DOTALL)
# The colours of the newest release; 1.10 takes any text.
_COLOURS = frozenset(
    {"red", "ruby", "crimson", "tomato", "orange", "amber", "yellow", "lime", "grass", "green", "jade", "mint"}
    | {
        "turquoise",
        "cyan",
        "sky",
        "blue",
        "iris",
        "violet",
        "purple",
        "plum",
        "pink",
        "bronze",
        "gold",
        "brown",
        "gray",
    }
)


def checked_options(wanted: Any, new_id: Callable[[], str], *, colours: bool) -> Options:
    """The options with ids; `colours` says that each needs one that exists. Raises ApiError."""
    if not wanted:
        raise metadata_error("Options are required for enum fields")
    options = []
    for option in wanted:
        value, label = str(option.get("value", "")), str(option.get("label", ""))
        if not OPTION_VALUE.match(value) or len(value) > LONGEST_NAME:
            raise metadata_error("Value must be in UPPER_CASE and follow snake_case '{sanitizedValue}'")
        if not label.strip() or len(label) > LONGEST_NAME:
            raise metadata_error("Label is required and must not exceed 63 characters")
        if "," in label:
            raise metadata_error("Label must not contain a comma")
        if colours and option.get("color") not in _COLOURS:
            raise metadata_error(f"Option color is invalid: {option.get('color')}")
        options.append({"id": option.get("id") or new_id(), **option})
    for key in ("value", "id", "position"):
        values = [option.get(key) for option in options]
        if len(set(values)) < len(values):
            raise metadata_error(f"Duplicated option {key}")
    return options


def check_default(kind: str, options: Options, default: Any) -> None:
    """Texts and options are quoted inside the default, as in SQL. Raises ApiError."""
    if default is None:
        return
    if kind == "MULTI_SELECT":
        if not isinstance(default, list):
            raise metadata_error("Default value for multi-select must be an array")
        if not default:
            raise metadata_error("If defined default value must contain at least one value")
        if len(set(default)) < len(default):
            raise metadata_error("Default values must be unique")
    if kind in ("TEXT", "SELECT", "MULTI_SELECT"):
        for one in default if isinstance(default, list) else [default]:
            quoted = _QUOTED.match(one) if isinstance(one, str) else None
            if quoted is None:
                raise metadata_error("Default value should be as quoted string")
            if kind != "TEXT" and quoted[1] not in {option["value"] for option in options}:
                raise metadata_error(f'Default value "{one}" must be one of the option values')
