"""Filters, sort orders and cursors: REST text or GraphQL input in, functions of a record out."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from infra.standin.errors import bad_request, plain
from infra.standin.model import ObjectType, Row
from infra.standin.scalars import as_uuid

Predicate = Callable[[Row], bool]
Path = tuple[str, str | None]

_CONJUNCTION = re.compile(r"(and|or|not)\((.+)\)\Z", re.DOTALL)
_LEAF = re.compile(r"([^\[]+)\[([^\]]+)\]:(.+)\Z", re.DOTALL)
_COMPARATORS = ("eq", "neq", "in", "containsAny", "is", "gt", "gte", "lt", "lte", "startsWith", "like", "ilike")
_DIRECTIONS = ("AscNullsFirst", "AscNullsLast", "DescNullsFirst", "DescNullsLast")


@dataclass(frozen=True)
class Filter:
    """`exact` names a path and the only values under which matching records can be found, where the filter says so."""

    matches: Predicate
    mentions_deleted: bool
    exact: tuple[Path, tuple[Any, ...]] | None


@dataclass(frozen=True)
class Node:
    """A conjunction with its parts, or a comparison (`operator`) of the value at `path`."""

    operator: str
    parts: tuple[Node, ...] = ()
    path: Path = ("", None)
    value: Any = None


def rest_filter(text: str) -> Node:
    """`a[eq]:1,c[in]:[x,y]`, or a conjunction: `and(a[eq]:1,or(b[is]:NULL,not(c[gt]:2)))`.

    A bare comma means and, but only where nothing is in parentheses: otherwise 1.10 takes all that follows the first
    colon for the operand, `a[eq]:1,or(…)` finding nothing.
    """
    opened, closed = text.count("("), text.count(")")
    if opened != closed:
        missing = "close" if opened > closed else "open"
        raise bad_request(f"'filter' invalid. {abs(opened - closed)} {missing} bracket is missing in the query")
    return _rest_node(text if opened else f"and({text})")


def graphql_filter(data: Any) -> Node:
    """`{a: {eq: 1}, or: [{b: {is: NULL}}, …], name: {firstName: {eq: "x"}}}`."""
    parts: list[Node] = []
    for key, value in (data or {}).items():
        if key in ("and", "or"):
            items = value if isinstance(value, list) else [value]
            parts.append(Node(key, tuple(graphql_filter(item) for item in items)))
        elif key == "not":
            parts.append(Node("not", (graphql_filter(value),)))
        else:
            for operator, operand in (value or {}).items():
                if isinstance(operand, dict):
                    parts += [Node(inner, path=(key, operator), value=given) for inner, given in operand.items()]
                else:
                    parts.append(Node(operator, path=(key, None), value=operand))
    return Node("and", tuple(parts))


def compile_filter(of: ObjectType, node: Node) -> Filter:
    """Raises ApiError for a field or an operator that does not exist."""
    exact = next(
        (
            (leaf.path, tuple(_operands(of, leaf)))
            for leaf in _conjuncts(node)
            if leaf.operator in ("eq", "in") and _column(of, leaf.path[0]) is not None
        ),
        None,
    )
    return Filter(_predicate(of, node), _mentions(node, "deletedAt"), exact)


def value_at(row: Row, path: Path) -> Any:
    value = row.get(path[0])
    return value.get(path[1]) if path[1] is not None and isinstance(value, dict) else value


class SortOrder:
    """A total order over records: the wanted fields, then the id."""

    def __init__(self, of: ObjectType, fields: Iterable[tuple[Path, str]]) -> None:
        self._fields = []
        for path, direction in fields:
            column = _column(of, path[0])
            if column is None:
                raise plain(f"Field metadata not found for field: {path[0]}")
            if direction not in _DIRECTIONS:
                raise bad_request(f"'order_by' direction '{direction}' invalid. Allowed values are {_DIRECTIONS}")
            self._fields.append(((column, path[1]), direction.startswith("Desc"), direction.endswith("First")))

    def key(self, row: Row) -> Any:
        if not self._fields:
            return row["id"]
        return (*(self._part(value_at(row, path), *how) for path, *how in self._fields), row["id"])

    def cursor(self, row: Row) -> str:
        values = {_dotted(path): value_at(row, path) for path, *_ in self._fields}
        return base64.b64encode(orjson.dumps({**values, "id": row["id"]})).decode()

    def cursor_key(self, cursor: str) -> Any:
        try:
            values = orjson.loads(base64.b64decode(cursor, validate=True))
            identity = values["id"]
            if not self._fields:
                return identity
            return (*(self._part(values[_dotted(path)], *how) for path, *how in self._fields), identity)
        except (ValueError, KeyError, TypeError):
            raise bad_request(f"Invalid cursor: {cursor}") from None

    @staticmethod
    def _part(value: Any, descending: bool, nulls_first: bool) -> tuple[int, Any]:
        if value is None:
            return (0 if nulls_first else 2, 0)
        return (1, _Descending(value) if descending else value)


def rest_order(of: ObjectType, text: str) -> SortOrder:
    """`createdAt[DescNullsLast],name.firstName`."""
    fields = []
    for part in filter(None, text.split(",")):
        found = re.fullmatch(r"([A-Za-z0-9_]+)(?:\.([A-Za-z0-9_]+))?(?:\[(\w+)\])?", part)
        if not found:
            raise bad_request(f"'order_by' invalid for '{part}'. eg: createdAt[DescNullsLast]")
        name, sub, direction = found.groups()
        fields.append(((name, sub), direction or "AscNullsFirst"))
    return SortOrder(of, fields)


def graphql_order(of: ObjectType, data: Any) -> SortOrder:
    fields = []
    for item in data if isinstance(data, list) else [data or {}]:
        for name, direction in item.items():
            nested = direction.items() if isinstance(direction, dict) else [(None, direction)]
            fields += [((name, sub), str(how)) for sub, how in nested]
    return SortOrder(of, fields)


class _Descending:
    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __lt__(self, other: _Descending) -> bool:
        return bool(other.value < self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Descending) and self.value == other.value


def _dotted(path: Path) -> str:
    return path[0] if path[1] is None else f"{path[0]}.{path[1]}"


def _conjuncts(node: Node) -> Iterator[Node]:
    """What has to hold in any case: the parts of an and, however deep."""
    if node.operator == "and":
        for part in node.parts:
            yield from _conjuncts(part)
    else:
        yield node


def _mentions(node: Node, field: str) -> bool:
    return node.path[0] == field or any(_mentions(part, field) for part in node.parts)


def _split(text: str) -> list[str]:
    """Splits at commas outside parentheses, brackets and quotes; 1.10 counts an apostrophe as a quote."""
    parts, start, depth = [], 0, 0
    inside = {"[": False, '"': False, "'": False}
    for position, letter in enumerate(text):
        if letter in "()":
            depth += 1 if letter == "(" else -1
        elif letter in "[]\"'":
            kind = "[" if letter == "]" else letter
            inside[kind] = not inside[kind]
        elif letter == "," and depth == 0 and not any(inside.values()):
            parts.append(text[start:position])
            start = position + 1
    parts.append(text[start:])
    return parts


def _rest_node(text: str) -> Node:
    conjunction = _CONJUNCTION.match(text)
    if conjunction:
        operator, inside = conjunction.groups()
        return Node(operator, tuple(_rest_node(part) for part in _split(inside)))
    leaf = _LEAF.match(text)
    if not leaf:
        raise bad_request(f"'filter' invalid for '{text}'. eg: price[gte]:10")
    name, operator, value = leaf.groups()
    if operator not in _COMPARATORS:
        raise bad_request(f"'filter' invalid for '{text}', comparator {operator} not in {', '.join(_COMPARATORS)}")
    field, _, sub = name.partition(".")
    if operator not in ("in", "containsAny"):
        return Node(operator, path=(field, sub or None), value=_unquoted(value))
    if not (value.startswith("[") and value.endswith("]")):
        example = f"'field[{operator}]:[value_1,value_2]'"
        raise bad_request(
            f"'filter' invalid for '{operator}' operator. Received '{value}' but array value expected eg: {example}"
        )
    items = [_unquoted(item) for item in value[1:-1].split(",")]
    return Node(operator, path=(field, sub or None), value=items)


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) >= 2 and text[0] in "\"'" and text[-1] in "\"'" else text


def _column(of: ObjectType, name: str) -> str | None:
    for field in of.fields:
        if field.column == name or (field.name == name and field.column):
            return field.column
    return None


def _predicate(of: ObjectType, node: Node) -> Predicate:
    if node.operator in ("and", "or", "not"):
        parts = [_predicate(of, part) for part in node.parts]
        if node.operator == "not":
            return lambda row: not parts[0](row)
        if len(parts) == 1:
            return parts[0]
        combine = all if node.operator == "and" else any
        return lambda row: combine(part(row) for part in parts)
    column = _column(of, node.path[0])
    if column is None:
        raise plain(f"Field metadata not found for field: {node.path[0]}")
    path = (column, node.path[1])
    compare = _comparison(of, node)
    if path[1] is None:
        return lambda row: compare(row[column])
    return lambda row: compare(value_at(row, path))


def _comparison(of: ObjectType, node: Node) -> Callable[[Any], bool]:
    operator = node.operator
    if operator == "is":
        if node.value not in ("NULL", "NOT_NULL"):
            raise bad_request(f"'filter' invalid for '{_dotted(node.path)}[is]:{node.value}'. eg: price[is]:NULL")
        null = node.value == "NULL"
        return lambda value: (value is None) == null
    if operator in ("in", "containsAny"):
        # What REST parses for a field of type NUMBER are texts, of which 1.10 keeps none.
        if not node.value or (_kind(of, node) == "NUMBER" and any(isinstance(one, str) for one in node.value)):
            raise plain(f"Invalid filter value for field {node.path[0]}. Expected non-empty array")
        wanted = set(_operands(of, node))
        if operator == "in":
            return lambda value: value in wanted
        return lambda value: isinstance(value, list) and not wanted.isdisjoint(value)
    operand = _operands(of, node)[0]
    if operator == "eq":
        return lambda value: bool(value == operand)
    if operator == "neq":
        return lambda value: value is not None and bool(value != operand)
    if operator in ("gt", "gte", "lt", "lte"):
        low, equal = operator.startswith("gt"), operator.endswith("e")
        return lambda value: (
            value is not None and ((value > operand if low else value < operand) or (equal and value == operand))
        )
    if operator in ("like", "ilike", "startsWith", "endsWith"):
        pattern = {"startsWith": f"{operand}%", "endsWith": f"%{operand}"}.get(operator, str(operand))
        regex = ".*".join(re.escape(piece).replace("_", ".") for piece in pattern.split("%"))
        match = re.compile(regex, re.DOTALL | (re.IGNORECASE if operator == "ilike" else 0)).fullmatch
        return lambda value: isinstance(value, str) and match(value) is not None
    raise bad_request(f"'filter' invalid for '{_dotted(node.path)}[{operator}]'. eg: price[gte]:10")


def _kind(of: ObjectType, node: Node) -> str:
    field = next((one for one in of.fields if node.path[0] in (one.name, one.column)), None)
    return field.type if field else "TEXT"


def _operands(of: ObjectType, node: Node) -> list[Any]:
    """The operands in the type that the field is stored in."""
    kind = _kind(of, node)
    return [_typed(kind, one) for one in (node.value if isinstance(node.value, list) else [node.value])]


def _typed(kind: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if kind in ("NUMBER", "POSITION"):
        try:
            return float(value)
        except ValueError:
            raise bad_request(f'invalid input syntax for type double precision: "{value}"') from None
    if kind == "BOOLEAN":
        return value.lower() in ("true", "t", "1")
    if kind in ("UUID", "RELATION"):
        return as_uuid(value)
    if kind == "DATE_TIME":
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise bad_request(f'invalid input syntax for type timestamp with time zone: "{value}"') from None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value
