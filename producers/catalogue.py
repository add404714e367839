"""What a PostgreSQL database says of its tables: columns, keys, references. Reads the catalogue, and counts files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from producers.session import Session, quoted

_TABLES = """
SELECT c.oid, n.nspname, c.relname
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'f') AND NOT c.relispartition
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND has_table_privilege(c.oid, 'SELECT')
 ORDER BY n.nspname <> 'public', n.nspname, c.relname
"""
_COLUMNS = """
SELECT attrelid, attname, atttypid = 'bytea'::regtype FROM pg_attribute
 WHERE attrelid = ANY(%s) AND attnum > 0 AND NOT attisdropped ORDER BY attrelid, attnum
"""
# of unique indexes without a condition the primary key comes first, then the narrowest; what may be null is no key
_KEYS = """
SELECT DISTINCT ON (i.indrelid) i.indrelid, array(
         SELECT a.attname FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, place)
           JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum ORDER BY k.place)
  FROM pg_index i
 WHERE i.indrelid = ANY(%s) AND i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL AND NOT EXISTS (
         SELECT FROM pg_attribute a
          WHERE a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey::int2[]) AND NOT a.attnotnull)
 ORDER BY i.indrelid, NOT i.indisprimary, i.indnkeyatts
"""
_REFERENCES = """
SELECT c.conrelid, a.attname, c.confrelid, b.attname FROM pg_constraint c
  JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
  JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = c.confkey[1]
 WHERE c.contype = 'f' AND cardinality(c.conkey) = 1 AND c.conrelid = ANY(%s)
"""


@dataclass(slots=True)
class CataloguedTable:
    """relation: schema and name. key: columns of the primary key, or of a unique one; none where there is none.

    references: column -> (relation, its column). files: columns of bytes -> rows in which they are filled.
    """

    name: str
    relation: str
    columns: list[str] = field(default_factory=list)
    key: tuple[str, ...] = ()
    references: dict[str, tuple[str, str]] = field(default_factory=dict)
    files: Mapping[str, int] = field(default_factory=dict)


def tables(url: str, *, statement_seconds: float) -> list[CataloguedTable]:
    """All tables that the user may read. Raises SourceError."""
    session = Session(url, watches=False, statement_seconds=statement_seconds)
    try:
        with session.errors("reading the catalogue"):
            connection = session.connect()
            found: dict[int, CataloguedTable] = {}
            for oid, schema, name in connection.execute(_TABLES):
                found[oid] = CataloguedTable(name if schema == "public" else f"{schema}_{name}", f"{schema}.{name}")
            oids = list(found)
            bytes_of: dict[int, list[str]] = {}
            for oid, column, is_bytes in connection.execute(_COLUMNS, (oids,)):
                found[oid].columns.append(column)
                if is_bytes:
                    bytes_of.setdefault(oid, []).append(column)
            for oid, key in connection.execute(_KEYS, (oids,)):
                found[oid].key = tuple(key)
            for oid, column, to, to_column in connection.execute(_REFERENCES, (oids,)):
                if to in found:
                    found[oid].references[column] = found[to].relation, to_column
            for oid, columns in bytes_of.items():
                counted = ", ".join(f"count({quoted(column)})" for column in columns)
                named = ".".join(map(quoted, found[oid].relation.split(".")))
                row = connection.execute(f"SELECT {counted} FROM {named}".encode(), ()).fetchone()  # noqa: S608
                found[oid].files = dict(zip(columns, row or (), strict=True))
        return list(found.values())
    finally:
        session.close()
