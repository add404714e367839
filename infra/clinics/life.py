"""A clinic at work: changes to the source at a steady rate, in transactions of every length.

Life keeps no account of what it did: what Twenty should hold is worked out from the final tables. So it leaves alone
what the final tables could not tell.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from random import Random
from typing import Any, ClassVar, Generic, TypeVar

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from infra.clinics.clinic import Clinic, Row

Connection = psycopg.Connection[Row]
Cursor = psycopg.Cursor[Row]
C = TypeVar("C", bound=Clinic)
Action = Callable[[Any, Cursor], int]
"""Changes rows in a transaction of the life that it is given; tells how many."""

NEW_IDS = 10**7
"""New children have ids from here on, above all that the generators give."""
_LOCK_WAIT_MS = 200
_OPEN_CHANGES = 12
"""A slow transaction stays open while this many other changes are made."""

ANY = sql.SQL("true")


class Life(ABC, Generic[C]):
    """Changes to one clinic's database. Not for several threads; two lives in one database would share new ids."""

    patients: ClassVar[str]
    """The table of the patients. Its key's name is also that of the column by which the children refer to it."""
    children: ClassVar[tuple[str, ...]]
    """Tables whose rows belong to a patient and have numbers as keys."""
    alone: ClassVar[sql.Composable]
    """Condition of a patient who shares nothing with anybody."""
    deletable: ClassVar[sql.Composable] = ANY
    """Condition of a patient who may be deleted."""
    shares: ClassVar[tuple[tuple[Action, float], ...]]
    """What happens, and how often in comparison."""

    def __init__(self, clinic: C, url: str) -> None:
        self._clinic = clinic
        self._url = url
        self._random = Random(f"{clinic.seed}/life")  # noqa: S311  # made-up data, no secret
        self._actions, self._weights = [action for action, _ in self.shares], [share for _, share in self.shares]
        self._awaited: deque[int] = deque()
        """Patients whose children are there already."""
        self._deleted: deque[Row] = deque()
        with self._connect() as connection:
            self._last_patient = self._last_number(connection)
            self._last_child: dict[str, int] = {
                table: max(NEW_IDS, self._last(connection, table)) for table in self.children
            }

    def run(self, changes: int, rate: float, stop: threading.Event | None = None) -> int:
        """Make ``changes`` row changes, ``rate`` a second (0: as fast as they go). The number made: a few more.

        Ends early when ``stop`` is set. At the end every transaction is committed, and children that came before
        their patients have them.
        """
        stop = stop or threading.Event()
        made, started = 0, time.monotonic()
        slow: deque[tuple[int, Connection]] = deque()
        with self._connect() as connection:
            try:
                while made < changes and not stop.is_set():
                    if slow and slow[0][0] <= made:
                        self._commit(slow.popleft()[1])
                    elif len(slow) < 2 and self._random.random() < 0.03:
                        opened = self._connect()
                        made += self._work(opened, 1)
                        slow.append((made + _OPEN_CHANGES, opened))
                    else:
                        made += self._transaction(connection, self._random.choice((1, 1, 1, 1, 2, 5)))
                    if rate:
                        stop.wait(max(0.0, started + made / rate - time.monotonic()))
            finally:
                for _, opened in slow:
                    self._commit(opened)
            while self._awaited:
                made += self._transaction(connection, 1, Life._awaited_patient)
        return made

    def settle(self) -> int:
        """Called when all is done, before what Twenty holds is compared; the number of rows changed."""
        return 0

    def afterwards(self) -> int:
        """Called once Twenty has everything: what the final tables can tell only of who had arrived by then. The number
        of rows changed."""
        return 0

    @abstractmethod
    def _person(self, number: int) -> Row:
        """A new row of a patient who shares nothing with anybody."""

    @abstractmethod
    def _last_number(self, connection: Connection) -> int:
        """The number of the patient who was added last."""

    @abstractmethod
    def _random_key(self, table: str) -> str | int:
        """Somewhere among the table's keys."""

    # Transactions

    def _connect(self) -> Connection:
        return psycopg.connect(self._url, row_factory=dict_row, options=f"-c lock_timeout={_LOCK_WAIT_MS}")

    def _commit(self, connection: Connection) -> None:
        connection.commit()
        connection.close()

    def _transaction(self, connection: Connection, actions: int, action: Action | None = None) -> int:
        made = self._work(connection, actions, action)
        connection.commit()
        return made

    def _work(self, connection: Connection, actions: int, action: Action | None = None) -> int:
        """Row changes in a transaction that stays open; none where a slow transaction holds one of the rows."""
        made, remembered = 0, (self._awaited.copy(), self._deleted.copy())
        try:
            with connection.cursor() as cursor:
                for _ in range(actions):
                    made += (action or self._random.choices(self._actions, self._weights)[0])(self, cursor)
        except psycopg.errors.LockNotAvailable:
            connection.rollback()
            self._awaited, self._deleted = remembered
            return 0
        return made

    # What happens everywhere

    def _awaited_patient(self, cursor: Cursor) -> int:
        """The patient whose children have waited longest."""
        return self._insert(cursor, self.patients, self._person(self._awaited.popleft())) if self._awaited else 0

    def _delete_child(self, cursor: Cursor) -> int:
        table = self._random.choice(self.children)
        row = self._pick(cursor, table)
        return self._delete(cursor, table, row[self._clinic.keys[table]]) if row else 0

    def _delete_patient(self, cursor: Cursor) -> int:
        """With the children, or leaving them behind."""
        row, key = self._pick(cursor, self.patients, self.deletable), self._patient_key
        if row is None:
            return 0
        alone = sql.SQL("select from {} where {} = {} and {}").format(
            sql.Identifier(self.patients), sql.Identifier(key), sql.Literal(row[key]), self.alone
        )
        if cursor.execute(alone).fetchone() is not None:
            self._deleted.append(row)
        made = self._delete(cursor, self.patients, row[key])
        for table in self.children if self._random.random() < 0.5 else ():
            query = sql.SQL("delete from {} where {} = %s").format(sql.Identifier(table), sql.Identifier(key))
            made += cursor.execute(query, (row[key],)).rowcount
        return made

    def _two_patients(self, cursor: Cursor, where: sql.Composable = ANY) -> tuple[Row, Row] | None:
        """Who is found to be one person: who is kept, and the double. None where there are no two."""
        keeper, double = (self._pick(cursor, self.patients, where) for _ in range(2))
        if keeper is None or double is None or keeper[self._patient_key] == double[self._patient_key]:
            return None
        return keeper, double

    def _give(self, cursor: Cursor, table: str, giver: Row, taker: Row) -> int:
        """All that one patient has in a table of children is the other one's."""
        query = sql.SQL("update {} set {key} = %s, {} = now() where {key} = %s").format(
            sql.Identifier(table), sql.Identifier(self._clinic.changed), key=sql.Identifier(self._patient_key)
        )
        return cursor.execute(query, (taker[self._patient_key], giver[self._patient_key])).rowcount

    def _restore_patient(self, cursor: Cursor) -> int:
        """A deleted patient, who shared nothing with anybody, is back under the same id."""
        if not self._deleted:
            return 0
        # a new row: the transaction may be rolled back, and the remembered one is whole then
        row = {name: value for name, value in self._deleted.popleft().items() if name != self._clinic.changed}
        there = sql.SQL("select from {} where {} = %s").format(
            sql.Identifier(self.patients), sql.Identifier(self._patient_key)
        )
        known = cursor.execute(there, (row[self._patient_key],)).fetchone()
        return 0 if known else self._insert(cursor, self.patients, row)

    @property
    def _patient_key(self) -> str:
        return self._clinic.keys[self.patients]

    # Rows

    def _insert(self, cursor: Cursor, table: str, row: Row) -> int:
        names = sql.SQL(", ").join(map(sql.Identifier, row))
        places = sql.SQL(", ").join(map(sql.Placeholder, row))
        cursor.execute(sql.SQL("insert into {} ({}) values ({})").format(sql.Identifier(table), names, places), row)
        return cursor.rowcount

    def _change(self, cursor: Cursor, table: str, values: Row, where: sql.Composable = ANY) -> int:
        row = self._pick(cursor, table, where)
        return self._save(cursor, table, row[self._clinic.keys[table]], values) if row else 0

    def _save(self, cursor: Cursor, table: str, key: Any, values: Row) -> int:
        settings = sql.SQL(", ").join(
            sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in values
        )
        query = sql.SQL("update {} set {}, {} = now() where {} = {}").format(
            sql.Identifier(table),
            settings,
            sql.Identifier(self._clinic.changed),
            sql.Identifier(self._clinic.keys[table]),
            sql.Placeholder("its key"),
        )
        cursor.execute(query, {**values, "its key": key})
        return cursor.rowcount

    def _delete(self, cursor: Cursor, table: str, key: Any) -> int:
        query = sql.SQL("delete from {} where {} = %s").format(
            sql.Identifier(table), sql.Identifier(self._clinic.keys[table])
        )
        return cursor.execute(query, (key,)).rowcount

    def _pick(self, cursor: Cursor, table: str, where: sql.Composable = ANY) -> Row | None:
        """A row that nobody else is editing, locked: the first from a random key on. None where there is none."""
        name, key = sql.Identifier(table), sql.Identifier(self._clinic.keys[table])
        query = sql.SQL("select * from {} where {} and {} order by {} limit 1 for update skip locked")
        for place in (sql.SQL("{} >= {}").format(key, sql.Literal(self._random_key(table))), ANY):
            row = cursor.execute(query.format(name, place, where, key)).fetchone()
            if row is not None:
                return row
        return None

    def _last(self, connection: Connection, table: str) -> Any:
        query = sql.SQL("select max({}) as last from {}").format(
            sql.Identifier(self._clinic.keys[table]), sql.Identifier(table)
        )
        found = connection.execute(query).fetchone()
        return found["last"] if found and found["last"] is not None else 0

    def _new_number(self) -> int:
        self._last_patient += 1
        return self._last_patient

    def _new_id(self, table: str) -> int:
        self._last_child[table] = new = self._last_child[table] + 1
        return new
