"""The one connection to a PostgreSQL source: read-only, with time limits, and with errors that quote nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors
from psycopg.types import TypeInfo

from producers.columns import teach
from producers.source import SourceError
from schemas.source import SourceObject

Connection = psycopg.Connection[tuple[Any, ...]]

_SETTINGS = """
SET default_transaction_read_only = on; SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET IntervalStyle = 'iso_8601';
SET bytea_output = 'hex'; SET extra_float_digits = 1; SET client_min_messages = 'error'; SET lock_timeout = '5s';
"""
_FACTS = """
SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'), current_user::text,
    current_setting('server_encoding'), current_setting('max_prepared_transactions')::int
"""


def quoted(name: str) -> str:
    """A column's or table's name in a statement with parameters."""
    return '"' + name.replace('"', '""').replace("%", "%%") + '"'


class Session:
    """Connects when it is asked, and again after the connection was lost.

    watches: whether other sessions' transactions must be visible, which takes ``pg_read_all_stats``.
    server: which cluster this is; empty where it does not tell. prepares: whether it has two-phase commits.
    """

    def __init__(self, url: str, *, watches: bool, statement_seconds: float) -> None:
        self._url = url
        self._watches = watches
        self._statement_seconds = statement_seconds
        self._connection: Connection | None = None
        self._types: set[int] = set()
        self._stored = False
        self.server = ""
        self.prepares = False

    def connect(self) -> Connection:
        """Call it inside ``errors``."""
        if self._connection is None or self._connection.closed:
            connection = psycopg.connect(
                self._url,
                autocommit=True,
                connect_timeout=10,
                application_name="dualrun poller",
                client_encoding="UTF8",
                prepare_threshold=None,
            )
            try:
                self._prepare(connection)
            except BaseException:  # also a Ctrl-C must leave nothing behind
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def sql(self, statement: str) -> bytes:
        """A statement in the encoding of the connection. Call it behind ``connect``."""
        return statement.encode(self._connection.info.encoding if self._stored and self._connection else "utf-8")

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _prepare(self, connection: Connection) -> None:
        connection.execute(_SETTINGS)
        timeout = f"{int(self._statement_seconds * 1000)}ms"
        connection.execute("SELECT set_config('statement_timeout', %s, false)", (timeout,))
        facts = connection.execute(_FACTS).fetchone()
        assert facts is not None
        permitted, user, encoding, prepares = facts
        if self._watches and not permitted:
            raise SourceError(
                f"user {user} cannot see when other sessions' transactions began, so late commits could be lost."
                f" As a superuser: GRANT pg_read_all_stats TO {quoted(user)}; or set overlap_seconds to more than the"
                " longest transaction"
            )
        ascii_database = encoding == "SQL_ASCII"
        if ascii_database or self._stored:
            connection.execute("SELECT set_config('client_encoding', %s, false)", (encoding,))
        self._types = set(teach(connection.adapters, ascii_database=ascii_database, stored=self._stored))
        self.prepares = prepares > 0
        self.server = _system_identifier(connection)

    def unknown(self, cursor: psycopg.Cursor[Any] | psycopg.ServerCursor[Any]) -> set[int]:
        """Types of a result that were never met."""
        return {column.type_code for column in cursor.description or ()} - self._types

    def learn(self, oids: set[int]) -> None:
        """Types of the database's own: arrays of them are read as lists, everything else as text."""
        if not oids:
            return
        connection = self.connect()
        rows = connection.execute(
            "SELECT typname, typelem, oid, typdelim FROM pg_type WHERE oid = ANY(%s) AND typcategory = 'A'",
            (list(oids),),
        ).fetchall()
        for name, element, oid, delimiter in rows:
            TypeInfo(name, element, oid, delimiter=delimiter).register(connection)
        self._types |= oids

    @contextmanager
    def errors(self, doing: str, what: SourceObject | None = None) -> Iterator[None]:
        """psycopg's messages can quote values, so none of them leaves; ``from None`` for the same reason."""
        try:
            yield
        except errors.QueryCanceled:
            advice = ""
            if what is not None and what.relation is not None:
                columns = [name for name in (what.changed_at, *what.key) if name]
                advice = f": is there an index on {what.relation} ({', '.join(columns)})?"
            text = f"{doing} took longer than {self._statement_seconds:.1f} s{advice}"
        except errors.InsufficientPrivilege:
            relation = (what.relation if what is not None else None) or "what it reads"
            text = f"{doing}: not permitted. GRANT SELECT ON {relation} to the user of the source URL"
        except (errors.UndefinedTable, errors.InvalidSchemaName):
            text = f"{doing}: it is not in the database (or hidden from this user): correct the mapping's relation"
        except (errors.UntranslatableCharacter, errors.CharacterNotInRepertoire, UnicodeError) as error:
            advice = "a text of it is none in the encoding of the database"
            if not self._stored:
                # the server converts a text or fails, so from here on it converts none, and the row is known by it
                self._stored = True
                self.close()
                advice += ": texts are read as they are stored from now on, and rows without a text are dead letters"
            text = f"{doing}: {advice} ({type(error).__name__})"
        except psycopg.Error as error:
            state = f" {error.sqlstate}" if error.sqlstate else ""
            lost = isinstance(error, psycopg.OperationalError)
            advice = ": is the server up, and the source URL right?" if lost else ""
            text = f"{doing} failed ({type(error).__name__}{state}){advice}"
        else:
            return
        raise SourceError(text) from None


def _system_identifier(connection: Connection) -> str:
    """Another one after a restore from a dump."""
    try:
        found = connection.execute("SELECT system_identifier::text FROM pg_control_system()").fetchone()
    except errors.InsufficientPrivilege:
        return ""
    return str(found[0]) if found else ""
