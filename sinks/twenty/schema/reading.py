"""Harmless reads of records: is a new field usable yet, and is a field's data distinct. Each costs a token."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_exponential

from sinks.twenty.client import PAGE, TwentyClient
from sinks.twenty.discovery import FieldInfo, ObjectInfo
from sinks.twenty.errors import Kind, TwentyError
from sinks.twenty.schema.rules import SUB_FIELDS

# A workspace of many records is read in many pages, and the budget may be spent on others.
_THROTTLED_FOR_S = 600.0


def read_once(client: TwentyClient, one: ObjectInfo, fields: Iterable[FieldInfo]) -> None:
    """Asks for one record with these fields. Raises TwentyError where a server process does not know them yet."""
    names = [name for field in fields if (name := _selected(field))]
    query = f"{{{one.name_plural}(first: 1) {{edges {{node {{{' '.join(['id', *names])}}}}}}}}}"
    client.graphql(f"read new fields of {one.name_singular}", query)


def count_duplicates(client: TwentyClient, one: ObjectInfo, field: FieldInfo, sleep: Callable[[float], None]) -> int:
    """How many values of `field` several records hold, trashed ones too: Twenty's unique indexes cover them.

    One request for every 200 records. Empty values are exempt. The values go nowhere.
    """
    held: Counter[str] = Counter()
    first = SUB_FIELDS.get(field.type, (None,))[0]
    bin_too = "{or: [{deletedAt: {is: NULL}}, {deletedAt: {is: NOT_NULL}}]}"
    query = (
        f"query($after: String) {{{one.name_plural}(filter: {bin_too}, first: {PAGE}, after: $after) "
        f"{{edges {{node {{id {_selected(field)}}}}} pageInfo {{hasNextPage endCursor}}}}}}"
    )
    patient = Retrying(
        retry=retry_if_exception(_is_throttled),
        stop=stop_after_delay(_THROTTLED_FOR_S),
        wait=wait_exponential(multiplier=1, max=15),
        sleep=sleep,
        reraise=True,
    )
    after: str | None = None
    while True:
        answer = patient(client.graphql, f"read {one.name_singular}.{field.name}", query, {"after": after})
        page: dict[str, Any] = answer[one.name_plural]
        for edge in page["edges"]:
            value = edge["node"][field.name]
            if isinstance(value, dict):
                value = value[first]
            if value not in (None, ""):
                held[str(value)] += 1
        if not page["pageInfo"]["hasNextPage"]:
            return sum(1 for count in held.values() if count > 1)
        after = page["pageInfo"]["endCursor"]


def _is_throttled(error: BaseException) -> bool:
    return isinstance(error, TwentyError) and error.refusal.kind is Kind.THROTTLED


def _selected(field: FieldInfo) -> str | None:
    """None where a record carries no column of the field."""
    if field.type == "FILES":
        return f"{field.name} {{fileId}}"
    part = SUB_FIELDS.get(field.type, (None,))[0]
    return f"{field.name} {{{part}}}" if part else field.column
