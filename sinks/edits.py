"""What somebody else changed in Twenty, and who wins.

Twenty 1.10 does not tell who wrote a record last. So an identity keeps a digest of what Twenty answered to our writes,
per column: a column that holds something else now was edited. A digest is salted with row and column, so equal values
do not show as equal, and compares what Twenty keeps apart, not how it spells it (case of an e-mail, a trailing slash).
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from schemas.edits import SOURCE_WINS, EditPolicies, EditPolicy, PartPolicy, policy_key
from schemas.keys import parse_record_key
from schemas.records import Identity, IdentityState, Part
from sinks import unique
from sinks.catalogue import TargetObject

TRASHED = "deletedAt"
"""The column whose edit is that a row was put into the trash."""
_ASKED_ANEW = "-"
"""Instead of the digest of what was sent: it is sent again though the source says the same."""


@dataclass(frozen=True, slots=True)
class Told:
    """One column: ``answered`` is what Twenty had after our write, ``sent`` what we had sent (both digests)."""

    answered: str
    sent: str


@dataclass(frozen=True, slots=True)
class Edit:
    """One column that somebody else wrote: the digest of what is there, and the policy that applies."""

    digest: str
    policy: EditPolicy


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look at a row tells of one part.

    new: edits that were not known before. standing: all that are left as they are (asked about, or Twenty's to keep).
    """

    new: Mapping[str, Edit] = field(default_factory=dict)
    standing: Mapping[str, Edit] = field(default_factory=dict)


def policy_of(policies: EditPolicies, key: str, part: str) -> PartPolicy:
    """A repeated part goes by its name in the mapping (``name:key``)."""
    name = parse_record_key(key).object
    found = policies.get(policy_key(name, part))
    while found is None and ":" in part:
        part = part.rpartition(":")[0]
        found = policies.get(policy_key(name, part))
    return found or SOURCE_WINS


def column_of(name: str, target: TargetObject) -> str:
    """Under which a row carries a field or a relation."""
    relation = target.types.get(name, "RELATION") in ("RELATION", "MORPH_RELATION")
    return target.column(name) if relation else name


# --- digests


def canonical(value: Any, kind: str) -> Any:
    """A value as it is compared: nothing empty in it, numbers and times in one spelling."""
    if isinstance(value, Mapping):
        if kind in ("RICH_TEXT_V2", "RICH_TEXT"):
            # Twenty derives each from the other
            return _plain(value.get("markdown") or value.get("blocknote"))
        if kind == "PHONES":
            # sent in one piece, kept in two
            number = f"{value.get('primaryPhoneCallingCode') or ''}{value.get('primaryPhoneNumber') or ''}"
            more = _plain(value.get("additionalPhones"))
            return ["".join(filter(str.isdigit, number)), more] if number or more else None
        folded = {name: _folded(name, one, kind) for name, one in value.items()}
        return {name: one for name, one in folded.items() if one is not None} or None
    return _plain(value)


def _folded(name: str, value: Any, kind: str) -> Any:
    if kind in ("EMAILS", "LINKS") and isinstance(value, str):
        return unique.normalised(value, kind if name.startswith("primary") and "Label" not in name else "") or None
    if kind == "EMAILS" and isinstance(value, list):
        return sorted(str(one).strip().lower() for one in value) or None
    return _plain(value)


def _plain(value: Any) -> Any:
    match value:
        case None | "" | [] | {}:
            return None
        case bool():
            return value
        case int() | float():
            return str(int(value)) if value == int(value) else str(value)
        case str():
            return _moment(value)
        case list():
            return [_plain(one) for one in value]
        case Mapping():
            return {name: one for name, inner in value.items() if (one := _plain(inner)) is not None} or None
    return str(value)


def _moment(text: str) -> str:
    """One spelling of an instant: Twenty answers ``…00.000Z`` to what was sent as ``…00+00:00``."""
    if len(text) < len("2026-01-01T00:00") or not text[:4].isdigit() or text[10] != "T":
        return text
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return moment.astimezone(UTC).isoformat(timespec="milliseconds") if moment.tzinfo else text


def digest(row: str, column: str, value: Any, target: TargetObject) -> str:
    """Eight bytes, of which no value can be read back."""
    plain = orjson.dumps(canonical(value, target.types.get(column, "")), option=orjson.OPT_SORT_KEYS)
    salted = hashlib.blake2b(plain, digest_size=8, key=f"{row}{column}".encode()[:64], person=b"dualrun-edits")
    return urlsafe_b64encode(salted.digest()).decode().rstrip("=")


def unpack_written(packed: str) -> dict[str, Told]:
    """``column:answered`` or ``column:answered:sent``, with spaces between."""
    found = {}
    for entry in packed.split():
        column, answered, *sent = entry.split(":")
        found[column] = Told(answered, sent[0] if sent else answered)
    return found


def pack_written(written: Mapping[str, Told]) -> str:
    return " ".join(
        f"{column}:{told.answered}" if told.sent == told.answered else f"{column}:{told.answered}:{told.sent}"
        for column, told in sorted(written.items())
    )


def unpack_edits(packed: str) -> dict[str, Edit]:
    """``column:digest:policy``, with spaces between."""
    found = {}
    for entry in packed.split():
        column, seen, policy = entry.split(":")
        found[column] = Edit(seen, _POLICIES[policy])
    return found


_POLICIES: Mapping[str, EditPolicy] = {
    "source_wins": "source_wins",
    "twenty_wins": "twenty_wins",
    "ask": "ask",
}


def pack_edits(edits: Mapping[str, Edit]) -> str:
    return " ".join(f"{column}:{edit.digest}:{edit.policy}" for column, edit in sorted(edits.items()))


# --- decisions


def written(
    before: Identity | None, part: Part | None, payload: Mapping[str, Any], answer: Mapping[str, Any],
    target: TargetObject, beside: Container[str] = (),
) -> str:  # fmt: skip
    """What an identity keeps after a write: what was known, with what was sent and answered laid over it.

    ``before`` is None where the row was another one. A relation of the part that was not sent is known as it was
    answered, so that somebody who fills it is noticed. What is written ``beside`` the part is not its own to watch.
    """
    row = str(payload["id"])
    known = unpack_written(before.written) if before is not None and before.twenty_id == row else {}
    for column, value in payload.items():
        known.pop(column, None)
        if column != "id" and column in answer and column not in beside:
            known[column] = Told(digest(row, column, answer[column], target), digest(row, column, value, target))
    for link in part.links if part is not None else ():
        column = target.column(link.field)
        if column not in known and column in answer:
            seen = digest(row, column, answer[column], target)
            known[column] = Told(seen, digest(row, column, None, target))
    return pack_written(known)


def heard(packed: str, row: str, kept: Mapping[str, Any], target: TargetObject) -> str:
    """``written`` once the source has said something about columns that are left as they are in Twenty."""
    known = unpack_written(packed)
    for column, value in kept.items():
        if column in known:
            known[column] = Told(known[column].answered, digest(row, column, value, target))
    return pack_written(known)


def ended(identity: Identity, finding: Finding) -> set[str]:
    """Columns that were edited, and hold what we had written again: what the source says of them is owed."""
    return unpack_edits(identity.edits).keys() - finding.standing.keys() - finding.new.keys() - {TRASHED}


def owed(packed: str, columns: Iterable[str]) -> str:
    """``written`` that has ``columns`` sent again though the source says the same."""
    known = unpack_written(packed)
    for column in columns:
        if column in known:
            known[column] = Told(known[column].answered, _ASKED_ANEW)
    return pack_written(known)


def ours(row: str, parts: Iterable[Part], target: TargetObject) -> set[tuple[str, str]]:
    """(column, digest) of everything that ``parts`` may have put there though its answer was lost."""
    found = set()
    for part in parts:
        values = {**part.fields, **{target.column(link.field): link.twenty_id for link in part.links}}
        found |= {(column, digest(row, column, value, target)) for column, value in values.items()}
    return found


def look(
    identity: Identity,
    row: Mapping[str, Any],
    policy: PartPolicy,
    target: TargetObject,
    own: Iterable[tuple[str, str]] = (),
) -> Finding:
    """Compares a row as Twenty has it with what was answered to our writes. ``own`` is what we may have written since.

    A row in the trash is one edit, whatever its fields hold.
    """
    if identity.state is not IdentityState.LIVE:
        return Finding()
    known = unpack_edits(identity.edits)
    if row.get(TRASHED):
        return _trashed(known, digest(identity.twenty_id, TRASHED, row[TRASHED], target), policy)
    names = {column_of(name, target): name for name in policy.fields}
    mine = set(own)
    new, standing = {}, {}
    for column, told in unpack_written(identity.written).items():
        if column not in row:
            continue
        seen = digest(identity.twenty_id, column, row[column], target)
        if seen == told.answered or (column, seen) in mine:
            continue
        name = names.get(column)
        edit = Edit(seen, policy.fields[name] if name else "source_wins")
        before = known.get(column)
        if before is not None and before.digest == seen and edit.policy != "source_wins":
            standing[column] = before
            continue
        new[column] = edit
        if edit.policy != "source_wins":
            standing[column] = edit
    return Finding(new, standing)


def _trashed(known: Mapping[str, Edit], seen: str, policy: PartPolicy) -> Finding:
    before = known.get(TRASHED)
    if policy.trashed == "revive":
        return Finding({TRASHED: Edit(seen, "source_wins")})
    if before is not None and before.digest == seen:
        return Finding({}, known)
    edit = Edit(seen, "ask" if policy.trashed == "ask" else "twenty_wins")
    return Finding({TRASHED: edit}, {**known, TRASHED: edit})


def stays_in_trash(finding: Finding) -> bool:
    """Whether a row is not written because somebody put it into the trash. A person may have decided otherwise."""
    edit = finding.standing.get(TRASHED)
    return edit is not None and edit.policy != "source_wins"


def left_out(
    identity: Identity,
    payload: Mapping[str, Any],
    row: Mapping[str, Any],
    standing: Iterable[str],
    policy: PartPolicy,
    target: TargetObject,
) -> set[str]:
    """Columns that a write does without: edits that stand, and what the source has not changed since it was written.

    The second keeps a person's edit that falls between our read and our write, wherever the source does not win. It
    needs the ``row`` to hold what was answered: a write of ours whose answer was lost may have changed it since.
    """
    found = {column for column in standing if column in payload}
    told = unpack_written(identity.written)
    for name in policy.fields:
        column = column_of(name, target)
        if column not in payload or column not in told or column not in row:
            continue
        same = digest(identity.twenty_id, column, payload[column], target) == told[column].sent
        if same and digest(identity.twenty_id, column, row[column], target) == told[column].answered:
            found.add(column)
    return found


def resolved(identity: Identity, decided: Mapping[str, str], take: str) -> tuple[str, str]:
    """``written`` and ``edits`` after a person has decided; ``decided`` names columns and the digests that were seen.

    ``twenty``: what is there stays until the source changes the field anew. ``source``: what the source says is sent
    once more. A decision about something that has changed since is void.
    """
    told, edits = unpack_written(identity.written), unpack_edits(identity.edits)
    for column, seen in decided.items():
        edit = edits.get(column)
        if edit is None or edit.digest != seen:
            continue
        del edits[column]
        if column == TRASHED:
            edits[column] = Edit(seen, "twenty_wins" if take == "twenty" else "source_wins")
        elif column in told:
            told[column] = Told(seen, told[column].sent if take == "twenty" else _ASKED_ANEW)
    return pack_written(told), pack_edits(edits)


def open_edits(identity: Identity) -> dict[str, Edit]:
    """Those that wait for a person."""
    if not identity.edits or identity.state is not IdentityState.LIVE:
        return {}
    return {column: edit for column, edit in unpack_edits(identity.edits).items() if edit.policy == "ask"}
