"""Choices: options made of a column's values, and the states of tasks among them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from producers.profile.facts import Column
from schemas.mapping.workspace import upper_snake
from schemas.twenty_names import OPTION_VALUE

MOST_OPTIONS = 25
_LONGEST_CODE = 4
"""Numbers of more digits are keys of a terminology, not choices of the clinic."""
_DONE = frozenset({"completed", "complete", "done", "closed", "cancelled", "canceled", "missed", "finished", "broken",
                   "erledigt", "abgesagt", "abgeschlossen", "kept", "checked"})  # fmt: skip
_OPEN = frozenset({"scheduled", "planned", "open", "outstanding", "booked", "pending", "confirmed", "new", "geplant",
                   "arrived"})  # fmt: skip
_FREE = frozenset({"note", "message", "text", "body", "history", "instruction", "allergy", "medication", "condition",
                   "address", "street", "summary", "narrative", "interval", "alert"})  # fmt: skip
"""What people write freely, however often they write the same."""
_MEANINGS = {"f": "Female", "m": "Male", "w": "Female", "u": "Unknown"}


@dataclass(frozen=True, slots=True)
class Select:
    """options: value -> label. values: text of the source -> value."""

    options: Mapping[str, str]
    values: Mapping[str, str]


def choice(column: Column) -> Select | None:
    """None where it is no choice, its values may not be told, or Twenty could not hold them."""
    texts = [text for text, _ in column.values]
    if column.spelt and (column.spelt[-1] in _FREE or column.spelt[-2:] == ("group", "number")):
        return None
    if len(texts) < 2 or column.distinct > MOST_OPTIONS or column.wordy > 0.3:
        return None
    if all(text.isdigit() and len(text) > _LONGEST_CODE for text in texts):
        return None
    options: dict[str, str] = {}
    values: dict[str, str] = {}
    sex = "sex" in column.spelt and {text.casefold() for text in texts} <= _MEANINGS.keys()
    for text in texts:
        label = _MEANINGS[text.casefold()] if sex else " ".join(text.replace(",", " ").split())
        value = upper_snake(label)
        if not label or not OPTION_VALUE.match(value):
            return None
        if any(known.casefold() == text.casefold() for known in values):
            continue
        if options.setdefault(value, label) != label and options[value].casefold() != label.casefold():
            return None
        values[text] = value
    if len(set(options.values())) < len(options):
        return None
    return Select(options, values)


def listed(column: Column) -> bool:
    """Whether values are several choices in one text: parts of theirs stand alone too, or with others."""
    apart = [[part.strip() for part in re.split(r"[,/;+|]", text)] for text, _ in column.values]
    counted = Counter(part.casefold() for parts in apart for part in set(parts))
    several = [parts for parts in apart if len(parts) > 1 and all(parts)]
    return len(several) > 1 and 2 * sum(any(counted[p.casefold()] > 1 for p in parts) for parts in several) > len(
        several
    )


def task_states(column: Column) -> dict[str, str] | None:
    """Each value as a state of Twenty's tasks; None where one of them says nothing."""
    found: dict[str, str] = {}
    for text, _ in column.values:
        spelt = {word.casefold() for word in text.replace("-", " ").replace("_", " ").split()}
        if "progress" in spelt:
            found[text] = "IN_PROGRESS"
        elif spelt & _DONE or spelt >= {"no", "show"}:
            found[text] = "DONE"
        elif spelt & _OPEN:
            found[text] = "TODO"
        else:
            return None
    return found or None
