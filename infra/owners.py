"""Who is to be invited into Twenty, and which records nobody answers for."""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.settings import SettingsError, TwentySection
from infra.wiring import Deployment
from processors.obligations import Obligation, read_obligations
from schemas.broker import read_to_end
from schemas.keys import alias_key, part_key
from schemas.mapping import producible
from schemas.mapping.expressions import Compiled, Context, text_of
from schemas.mapping.language import DERIVED, SystemMapping
from schemas.mapping.standard import MEMBER
from schemas.records import Match, Operation, RecordChange
from sinks.budget import Budget
from sinks.catalogue import TargetObject, catalogue
from sinks.gateway import Gateway
from sinks.members import member
from sinks.owners import E_MAIL, fallback_id, ownerless
from sinks.twenty.client import PAGE, Page, TwentyClient
from sinks.twenty.discovery import discover
from sinks.twenty.errors import TwentyError

SHARE = 5
"""A report takes one in so many of the workspace's requests; the rest stays with the sink."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Invitation:
    """Somebody whom the source names and who has no account. ``email`` is empty where the source knows none.

    records: source keys that speak of this person. waiting: how many other records wait for the account.
    """

    email: str
    name: str
    records: tuple[str, ...]
    waiting: int


@dataclass(frozen=True, slots=True)
class MatchedPart:
    """A part of the mapping that is a workspace member: where its source rows lie, and how they name the person."""

    object: str
    part: str
    field: str
    email: Compiled
    name: Compiled | None
    aliases: tuple[tuple[str, tuple[Compiled, ...]], ...] = ()

    def tokens(self, row: RecordChange) -> Iterator[str]:
        """Names under which other records may wait for the account."""
        yield part_key(row.key, self.part)
        for alias, rules in self.aliases:
            values = [rule(row.record, []) for rule in rules]
            if all(values):
                yield alias_key(row.system, alias, *values)


def matched_parts(mapping: SystemMapping) -> list[MatchedPart]:
    found = []
    for name, parts in mapping.all_parts().items():
        for part in parts:
            if part.match is not None and part.target == MEMBER:
                context = Context(mapping, part.target)
                called = text_of(context, "name", part.match.name) if part.match.name else None
                email = text_of(context, part.match.field, part.match.by)
                aliases = tuple(
                    (alias, tuple(text_of(context, alias, rule) for rule in rules))
                    for alias, rules in part.aliases.items()
                )
                found.append(MatchedPart(name, part.name, part.match.field, email, called, aliases))
    return found


def invitations(
    parts: Iterable[MatchedPart], rows: Iterable[RecordChange], members: Iterable[Row], waiting: Mapping[str, int]
) -> list[Invitation]:
    """Most waited for first. ``rows``: the newest change of each record; ``waiting``: records by the token missed."""
    known, newest = list(members), list(rows)
    found: dict[tuple[str, str], Invitation] = {}
    for part in parts:
        for row in newest:
            if row.object != part.object:
                continue
            email = str(part.email(row.record, []) or "").strip().lower()
            if email and member(known, [Match(part.field, email)]):
                continue
            name = str(part.name(row.record, []) or "").strip() if part.name else ""
            # people without an e-mail are told apart by their records
            place = (email, "" if email else row.key)
            before = found.get(place, Invitation(email, "", (), 0))
            found[place] = Invitation(
                email,
                before.name or name,
                (*before.records, row.key),
                before.waiting + sum(waiting.get(token, 0) for token in part.tokens(row)),
            )
    return sorted(found.values(), key=lambda one: (-one.waiting, one.email, one.records))


def waiting_for(obligations: Iterable[Obligation]) -> Counter[str]:
    """How many records wait, by the token of what is missing."""
    return Counter(token for obligation in obligations for token in obligation.missing)


class Workspace:
    """Reads Twenty within a small share of its budget. A context manager."""

    def __init__(self, twenty: TwentySection, stop: threading.Event | None = None) -> None:
        self.client = TwentyClient(twenty.url, twenty.api_key.get_secret_value(), timeout=twenty.timeout_seconds)
        budget = Budget(max(1, twenty.requests // SHARE), twenty.window_seconds, 0, time.monotonic())
        self._gateway = Gateway(budget, _NobodyElse(), stop or threading.Event())

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def members(self) -> list[Row]:
        return list(self._gateway.read("members", self.client.members))

    def without_owner(self, mapping: SystemMapping) -> dict[str, list[str]]:
        """Twenty object -> source keys of the records of this system that nobody answers for."""
        objects = catalogue(discover(self.client))
        return {
            name: ownerless(
                self._rows(objects[name], objects[name].column(relation)),
                objects[name].column(relation),
                mapping.source_key_field,
                mapping.system,
            )
            for name, relation in sorted(mapping.owners.items())
        }

    def unused(self, mapping: SystemMapping) -> dict[str, list[str]]:
        """``object.field`` -> options that the mapping can give and no live record has; a request for each option."""
        objects, wanted = catalogue(discover(self.client)), defaultdict[tuple[str, str], set[str]](set)
        for (_, name, field), those in producible(mapping).items():
            wanted[name, field] |= those
        found: dict[str, list[str]] = {}
        for (name, field), those in sorted(wanted.items()):
            plural, many = objects[name].plural, objects[name].types[field] == "MULTI_SELECT"
            how = f"{field}[containsAny]:[{{}}]" if many else f"{field}[eq]:{{}}"
            for option in sorted(those):
                page = self._gateway.read("list", _page(self.client, plural, how.format(option), None, limit=1))
                if not page.records:
                    found.setdefault(f"{name}.{field}", []).append(option)
        return found

    def _rows(self, target: TargetObject, column: str) -> Iterator[Row]:
        after, more = None, True
        while more:
            page = self._gateway.read("list", _page(self.client, target.plural, f"{column}[is]:NULL", after))
            yield from page.records
            after, more = page.end_cursor, page.has_next


def _page(client: TwentyClient, plural: str, wanted: str, after: str | None, limit: int = PAGE) -> Callable[[], Page]:
    return lambda: client.list_page(plural, filter=wanted, after=after, limit=limit)


class _NobodyElse:
    """Reading needs no lease."""

    def fresh(self) -> bool:
        return True

    def check(self) -> None:
        return


def to_invite(deployment: Deployment, members: Iterable[Row]) -> list[Invitation]:
    """The list as the topics tell it: what was captured so far, and what waits in hold."""
    parts = matched_parts(deployment.mapping)
    waiting = waiting_for(read_obligations(deployment.kafka, deployment.topics))
    return invitations(parts, _captured(deployment, {part.object for part in parts}), members, waiting)


def _captured(deployment: Deployment, objects: set[str]) -> list[RecordChange]:
    topics = deployment.topics
    newest: dict[str, RecordChange] = {}
    for topic in sorted({topics.derived if name.startswith(DERIVED) else topics.cdc(name) for name in objects}):
        for message in read_to_end(deployment.kafka, topic, range(topics.partitions)):
            change = deployment.codec.decode(message.value() or b"")
            if not isinstance(change, RecordChange) or change.object not in objects:
                continue
            if change.operation in (Operation.DELETE, Operation.VANISHED):
                newest.pop(change.key, None)
            else:
                newest[change.key] = change
    return list(newest.values())


def require_fallback_owner(deployment: Deployment) -> None:
    """Raises SettingsError unless the fallback owner, where one is needed, is a member of the workspace."""
    email = deployment.fallback_owner()
    if not email:
        return
    with Workspace(deployment.settings.twenty) as workspace:
        members = workspace.members()
    try:
        fallback_id(members, email)
    except TwentyError:
        known = ", ".join(sorted(str(one[E_MAIL]) for one in members)[:5])
        raise SettingsError(
            f"twenty.fallback_owner: no member of the workspace has the e-mail {email!r} (there are {len(members)}:"
            f" {known}, …): invite that person, or name somebody who has an account"
        ) from None
