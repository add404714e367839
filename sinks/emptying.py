"""Unique values that are emptied by a request of their own.

An upsert must not carry an empty one, because Twenty matches by it as by any other. And a row that goes into the trash
must not keep one: Twenty's index covers the trash, so whoever has the value next (the survivor of a merge, a patient
who is registered again) would never get it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import orjson

from sinks import unique
from sinks.batch import Work
from sinks.book import LIVING
from sinks.catalogue import TargetObject
from sinks.gateway import Gateway
from sinks.ghosts import doubted
from sinks.steps import Do
from sinks.twenty.client import MAX_IDS_IN_MUTATION, TwentyClient
from sinks.twenty.errors import Kind, TwentyError

Record = dict[str, Any]


def emptied(
    client: TwentyClient,
    gateway: Gateway,
    sent: Iterable[Record],
    answers: Mapping[str, Record],
    target: TargetObject,
) -> dict[str, Record]:
    """Empties the unique values that an upsert could not carry and that Twenty still holds; the rows after it.

    ``sent`` are the rows as they are to be, ``answers`` by id what Twenty holds. Raises TwentyError.
    """
    alike: dict[bytes, tuple[Record, list[str]]] = {}
    for row in sent:
        identity = row["id"]
        left = unique.standing(row, answers[identity], target) if identity in answers else {}
        if left:
            alike.setdefault(orjson.dumps(left), (left, []))[1].append(identity)
    after: dict[str, Record] = {}
    for fields, ids in alike.values():
        for start in range(0, len(ids), MAX_IDS_IN_MUTATION):
            few = ids[start : start + MAX_IDS_IN_MUTATION]
            call = partial(client.update_many, target.plural, few, fields)
            after |= {row["id"]: {**answers[row["id"]], **row} for row in gateway.write(Do.UPDATE, len(few), call)}
    return after


def trashed(client: TwentyClient, gateway: Gateway, works: Sequence[Work], target: TargetObject) -> None:
    """Puts rows into the trash, without the unique values that they hold. Raises TwentyError."""
    ids = [work.step.twenty_id for work in works]
    holding = [work.step.twenty_id for work in works if _may_hold(work, target)] if target.unique else []
    for start in range(0, len(holding), MAX_IDS_IN_MUTATION):
        _freed(client, gateway, holding[start : start + MAX_IDS_IN_MUTATION], sorted(target.unique), target)
    gateway.write(Do.DELETE, len(ids), partial(client.delete_many, target.plural, ids))


def _freed(
    client: TwentyClient, gateway: Gateway, ids: Sequence[str], names: Sequence[str], target: TargetObject
) -> None:
    """Where two empty values count as equal a field keeps its own: they are in the way of nobody but who wants them.

    So it is with custom fields of a workspace on the newer of 1.10's two metadata engines.
    """
    fields = {name: target.empty(name) for name in names}
    try:
        gateway.write(Do.UPDATE, len(ids), partial(client.update_many, target.plural, ids, fields))
    except TwentyError as error:
        if error.refusal.kind is not Kind.DUPLICATE:
            raise
        for name in names if len(names) > 1 else ():
            _freed(client, gateway, ids, [name], target)


def _may_hold(work: Work, target: TargetObject) -> bool:
    """Whether a row may hold a unique value: its identity says so, or cannot know, or a version that was replaced had
    one, which may have been written."""
    identity = work.step.identity
    if identity is None or identity.unique or identity.state not in LIVING or doubted(identity):
        return True
    return any(unique.claims(part.fields, target) for part in work.pending.earlier.get(work.step.name, ()))
