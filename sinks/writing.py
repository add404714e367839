"""The requests that write rows: one for a batch, or one for each row where Twenty takes no upsert that meets it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from sinks import rows, unique
from sinks.catalogue import TargetObject
from sinks.emptying import emptied
from sinks.gateway import Gateway
from sinks.rows import Row
from sinks.steps import Do
from sinks.twenty.client import TwentyClient
from sinks.twenty.errors import Kind, TwentyError

Record = dict[str, Any]


def written(
    client: TwentyClient, gateway: Gateway, do: Do, sent: Sequence[Row], target: TargetObject
) -> tuple[dict[str, Record], set[str]]:
    """Creates, upserts or updates rows; by id what Twenty holds then, and which of them it made. Raises TwentyError."""
    payloads = [row.payload for row in sent]
    match do:
        case Do.UPDATE:
            answers = {row["id"]: _revised(client, gateway, row, target) for row in payloads}
        case Do.UPSERT:
            answers = _batch(client, gateway, do, [unique.unmatched(row, target) for row in payloads], target)
        case _:
            answers = _batch(client, gateway, do, payloads, target)
    made = rows.made(sent, answers)
    if do is Do.UPSERT:
        answers |= emptied(client, gateway, payloads, answers, target)
    return answers, made


def _batch(
    client: TwentyClient, gateway: Gateway, do: Do, sent: Sequence[Record], target: TargetObject
) -> dict[str, Record]:
    call = partial(client.create_batch, target.plural, list(sent), upsert=do is Do.UPSERT)
    return {row["id"]: row for row in gateway.write(do, len(sent), call)}


def _revised(client: TwentyClient, gateway: Gateway, sent: Record, target: TargetObject) -> Record:
    """What an upsert would do: a row in the trash comes back, one that is gone is made anew."""
    identity = sent["id"]
    fields = {name: value for name, value in sent.items() if name != "id"}
    update = partial(client.update, target.plural, identity, fields)
    try:
        # 1.10 also writes into a row that stays in the trash
        answer = gateway.write(Do.UPDATE, 1, update)
    except TwentyError as error:
        if error.refusal.kind is not Kind.NOT_FOUND:
            raise
    else:
        if not answer.get("deletedAt"):
            return answer
    if gateway.write(Do.RESTORE, 1, partial(client.restore_many, target.plural, [identity])):
        return gateway.write(Do.UPDATE, 1, update)
    return _batch(client, gateway, Do.CREATE, [sent], target)[identity]
