"""What Twenty makes of the fields of a record before it stores them, or how it refuses them.

A writer takes the value of one field as sent and gives the value as stored; for a composite value it may give only
some sub-fields, which are then laid over the stored ones. Statuses and texts are those a real 1.10 answered.
"""

from __future__ import annotations

import functools
from typing import Any

from infra.standin.composites import COMPOSITE_WRITERS, entries
from infra.standin.eras import Era
from infra.standin.errors import bad_request, database
from infra.standin.model import COMPOSITES, Field, ObjectType
from infra.standin.scalars import (
    SCALAR_WRITERS,
    SCHEMA,
    Clock,
    Writer,
    array_of,
    as_text,
    as_uuid,
    date,
    date_time,
    one_of,
    record_id,
    related,
    value_text,
)


def writers(of: ObjectType, clock: Clock, era: Era) -> dict[str, Writer | None]:
    """Writers by the keys that a record of this object may carry; None marks a key that cannot be written."""
    table: dict[str, Writer | None] = {}
    for field in of.fields:
        if field.relation is not None:
            if field.column is None:
                table[field.name] = None
            else:
                table[field.column] = as_uuid
                table[field.name] = functools.partial(_connected_only, field.name) if era.strict else related
        else:
            write = _writer(of, field, clock)
            write = functools.partial(_strict, field, write) if era.strict else write
            table[field.name] = functools.partial(_emptied, write) if era.empty_text == "null" else write
    table["id"] = record_id
    return table


def emptied(value: Any) -> Any:
    """Empty text, alone or as a part of a composite value, is null in the newest releases."""
    if isinstance(value, dict):
        return {name: None if part == "" else part for name, part in value.items()}
    return None if value == "" else value


def _emptied(write: Writer, value: Any) -> Any:
    return emptied(write(value))


def _connected_only(name: str, value: Any) -> None:
    if value is not None:
        raise bad_request(f'Relation "{name}" requires connect or disconnect operation')


def _strict(field: Field, write: Writer, value: Any) -> Any:
    """The argument checks of the newest releases; an invalid option is refused by `write` in any release."""
    parts = COMPOSITES.get(field.type)
    if parts is not None:
        if value is None:
            return dict.fromkeys(parts)
        unknown = value.keys() - parts.keys() if isinstance(value, dict) else {str(value)}
        if unknown:
            raise bad_request(f'Invalid subfield {min(unknown)} for {field.type.lower()} field "{field.name}"')
    elif value is not None and (
        (field.type == "NUMBER" and (isinstance(value, bool) or not isinstance(value, (int, float))))
        or (field.type == "BOOLEAN" and not isinstance(value, bool))
        or (field.type == "TEXT" and not isinstance(value, str))
    ):
        raise bad_request(f"Invalid value '{value_text(value)}' for field \"{field.name}\"")
    return write(value)


def _writer(of: ObjectType, field: Field, clock: Clock) -> Writer:
    if field.type in COMPOSITES:
        convert = COMPOSITE_WRITERS[field.type]
        return lambda value: convert(entries(field.type, value))
    if field.type in ("SELECT", "RATING", "MULTI_SELECT"):
        allowed = frozenset(option["value"] for option in field.options or ())
        enum = f"{SCHEMA}.{of.table}_{field.name}_enum"
        scalar = functools.partial(one_of, allowed, enum)
        write: Writer = functools.partial(array_of, scalar) if field.type == "MULTI_SELECT" else scalar
    elif field.type == "ARRAY":
        write = functools.partial(array_of, as_text)
    elif field.type in ("DATE", "DATE_TIME"):
        write = functools.partial(date if field.type == "DATE" else date_time, clock)
    else:
        write = SCALAR_WRITERS[field.type]
    if field.is_nullable:
        return lambda value: None if value is None else write(value)
    null = f'null value in column "{field.name}" of relation "{of.table}" violates not-null constraint'

    def not_null(value: Any) -> Any:
        if value is None:
            raise database(null, kind="null", field=field.name)
        return write(value)

    return not_null
