"""Unique values: which a row claims, how they are recognised again, how a row is written without one.

Two of our records may share an e-mail (a family), but Twenty's index allows one holder, trashed rows included. The
second is written without the value; an e-mail stays beside it among the additional ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from schemas.records import Flag
from sinks.catalogue import TargetObject

HELD_BY_ANOTHER = "unique value held by another record"


def at(row: Mapping[str, Any], path: str) -> Any:
    """The value under a dotted path; None where there is none."""
    value: Any = row
    for name in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def normalised(value: object, kind: str) -> str:
    """As Twenty compares it: e-mails lower-cased, the origin of a link lower-cased and without a trailing slash."""
    text = str(value).strip() if value is not None else ""
    if kind == "EMAILS":
        return text.lower()
    if kind == "LINKS" and text:
        parts = urlsplit(text)
        return f"{parts.scheme.lower()}://{parts.netloc.lower()}{parts.path}{parts.query}".rstrip("/")
    return text


def digest(path: str, value: str) -> str:
    """``path:digest``, as an identity keeps it: the value itself is patient data."""
    return f"{path}:{hashlib.blake2b(value.encode(), digest_size=12, person=b'dualrun-unique').hexdigest()}"


def claims(row: Mapping[str, Any], target: TargetObject) -> dict[str, str]:
    """Dotted path -> normalised value of each unique value in a row. Empty ones claim nothing."""
    found = {}
    for path, kind in target.unique_paths().items():
        value = normalised(at(row, path), kind)
        if value:
            found[path] = value
    return found


def blanks(row: Mapping[str, Any], target: TargetObject) -> list[str]:
    """The unique fields without a value, but for composites, whose index leaves those out on every server."""
    return [path for path in target.unique_paths() if "." not in path and not at(row, path)]


def without(row: dict[str, Any], path: str, target: TargetObject, reason: str = HELD_BY_ANOTHER) -> Flag:
    """Takes the unique value under ``path`` out of ``row`` and returns the flag that says so."""
    name, _, sub = path.partition(".")
    raw = at(row, path)
    if not sub:
        row[name] = target.empty(name)
    else:
        composite = dict(row[name])
        composite[sub] = ""
        if target.types.get(name) == "EMAILS":
            others = [mail for mail in composite.get("additionalEmails") or [] if mail != raw]
            composite["additionalEmails"] = [raw, *others]
        row[name] = composite
    return Flag(path, reason, "" if raw is None else str(raw))


def unmatched(row: Mapping[str, Any], target: TargetObject) -> dict[str, Any]:
    """The row as an upsert takes it: without the fields whose unique value is empty.

    Twenty 1.10 matches an upsert by an empty e-mail as by any other. A patient without one would be taken for somebody
    else without one: the batch is refused as a conflict, or the other's row is overwritten.
    """
    empty = {path.partition(".")[0] for path in target.unique_paths() if not at(row, path)}
    return {name: value for name, value in row.items() if name not in empty}


def standing(row: Mapping[str, Any], answer: Mapping[str, Any], target: TargetObject) -> dict[str, Any]:
    """What `unmatched` took out of ``row`` and the answered row holds otherwise: field -> the value to write."""
    taken = row.keys() - unmatched(row, target).keys()
    return {name: row[name] for name in sorted(taken) if _folded(row[name]) != _folded(answer.get(name), row[name])}


def _folded(value: Any, shape: Any = None) -> Any:
    """For comparison: case and kinds of emptiness make no difference; of a composite only the parts of ``shape``."""
    if isinstance(value, Mapping):
        names = shape if isinstance(shape, Mapping) else value
        return {name: _folded(value.get(name)) for name in names}
    if isinstance(value, list):
        return [_folded(one) for one in value] or None
    return value.lower() or None if isinstance(value, str) else value
