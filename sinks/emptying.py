"""The second half of an upsert: empty unique values, which it must not carry because Twenty matches by them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import orjson

from sinks import unique
from sinks.catalogue import TargetObject
from sinks.gateway import Gateway
from sinks.steps import Do
from sinks.twenty.client import MAX_IDS_IN_MUTATION, TwentyClient

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
