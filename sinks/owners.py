"""Who answers for a record: the member that the source names, or the fallback owner until that one has an account."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from schemas.records import Match
from sinks.catalogue import Catalogue, TargetObject
from sinks.members import member
from sinks.twenty.errors import Kind, Refusal, TwentyError

E_MAIL = "userEmail"


def owned(
    found: Catalogue, owners: Mapping[str, str], fallback: str, members: Callable[[], Iterable[Mapping[str, Any]]]
) -> dict[str, TargetObject]:
    """The workspace's objects, each that has owners with its relation and the fallback's id.

    ``members`` is called, and costs a request, only where there are owners. Raises TwentyError, which the sender shows
    as its trouble and tries again later.
    """
    result = dict(found)
    if not owners:
        return result
    row = fallback_id(members(), fallback)
    for name, relation in owners.items():
        target = result.get(name)
        if target is not None and relation not in target.types:
            raise _trouble(f"{name} has no relation {relation!r} yet: apply the schema (dualrun prepare)")
        if target is not None:
            result[name] = replace(target, owner=relation, fallback=row)
    return result


def fallback_id(members: Iterable[Mapping[str, Any]], email: str) -> str:
    """Raises TwentyError where no member, or more than one, has this e-mail."""
    row = member(members, [Match(E_MAIL, email)])
    if not row:
        raise _trouble(
            "twenty.fallback_owner is no member of the workspace: expected the e-mail of somebody who has an account"
        )
    return row


def ownerless(rows: Iterable[Mapping[str, Any]], column: str, key_field: str, system: str) -> list[str]:
    """Source keys of the live rows that came from ``system`` and have no owner."""
    keys = [str(row.get(key_field) or "") for row in rows if not row.get(column) and not row.get("deletedAt")]
    return [key for key in keys if key.startswith(f"{system}/")]


def _trouble(template: str) -> TwentyError:
    return TwentyError("owners", Refusal(Kind.SCHEMA_STALE, template))
