"""The clinic at work: changes to the source at a steady rate, in transactions of every length.

Life keeps no account of what it did: what Twenty should hold is worked out from the final tables (``expected``). It
leaves alone what the final tables could not tell: the e-mail of a patient who shares it, and the name and phone of
somebody whom another patient's emergency contact names.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from random import Random
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from infra.clinic import rows, words
from infra.clinic.generator import ID_SPACE, KEYS, Clinic
from infra.clinic.rows import Row

Connection = psycopg.Connection[Row]
Cursor = psycopg.Cursor[Row]
Action = Callable[["Life", Cursor], int]

CHILDREN = ("appointments", "clinical_notes", "invoices", "emergency_contacts", "activities", "documents")
_NEW_IDS = 10**7
"""New children have ids from here on, above all that the generator gives."""
_LOCK_WAIT_MS = 200
_OPEN_CHANGES = 12
"""A slow transaction stays open while this many other changes are made."""

_ANY = sql.SQL("true")
_UNPAID = sql.SQL("status <> 'paid'")
_WITH_EMAIL = sql.SQL("email like '%@%'")
_ORPHANED = sql.SQL("not exists (select from patients where patients.patient_id = {}.patient_id)")
_UNCALLED = sql.SQL(
    """not exists (select from emergency_contacts as called
                    where lower(called.name) like '%' || lower(trim(patients.first_name)) || '%'
                      and lower(called.name) like '%' || lower(trim(patients.last_name)) || '%')"""
)
_ALONE = sql.SQL(
    """not exists (select from patients as other
                    where other.patient_id <> patients.patient_id
                      and (lower(trim(other.email)) = lower(trim(patients.email)) or other.phone = patients.phone))"""
)


class Life:
    """Changes to one clinic's database. Not for several threads; two lives in one database would share new ids."""

    def __init__(self, clinic: Clinic, url: str) -> None:
        self._clinic = clinic
        self._url = url
        self._random = Random(f"{clinic.seed}/life")  # noqa: S311  # made-up data, no secret
        self._awaited: deque[int] = deque()
        """Patients whose children are there already."""
        self._deleted: deque[Row] = deque()
        with self._connect() as connection:
            self._last_patient = int(self._last(connection, "patients")[2:])
            self._last_child: dict[str, int] = {
                table: max(_NEW_IDS, self._last(connection, table)) for table in CHILDREN
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
        """The front desk's last tidying: one row of every carrier and location is saved once more.

        A carrier's record in Twenty has the values of the row that changed last, even where that row has since been
        moved or deleted; after this that row is there to be seen. The number of rows saved.
        """
        query = r"""
            update patients set updated_at = now() where patient_id in (
                select distinct on (kind, name) patient_id
                  from (select patient_id, updated_at, kind,
                               lower(regexp_replace(btrim(written, E' \t'), '\s+', ' ', 'g')) as name
                          from patients, lateral (values ('carrier', insurer_1), ('carrier', insurer_2),
                                                         ('location', location_name)) as naming (kind, written)
                         where written is not null) as named
                 order by kind, name, updated_at desc, patient_id desc)"""
        with self._connect() as connection:
            return connection.execute(query).rowcount

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
                    made += (action or self._random.choices(_ACTIONS, _WEIGHTS)[0])(self, cursor)
        except psycopg.errors.LockNotAvailable:
            connection.rollback()
            self._awaited, self._deleted = remembered
            return 0
        return made

    # What happens at a clinic

    def _new_patient(self, cursor: Cursor) -> int:
        """Sometimes a relative of somebody who is known, with the same e-mail."""
        number = self._new_number()
        row = rows.patient(self._random, number)
        if self._random.random() < 0.15 and (relative := self._pick(cursor, "patients", _WITH_EMAIL)):
            row["email"] = relative["email"]
        made = self._insert(cursor, "patients", row)
        if self._random.random() < 0.3:
            contact = rows.emergency_contact(self._random, self._new_id("emergency_contacts"), row["patient_id"], None)
            made += self._insert(cursor, "emergency_contacts", contact)
        return made + self._insert_child(cursor, "invoices", row["patient_id"])

    def _children_first(self, cursor: Cursor) -> int:
        number = self._new_number()
        self._awaited.append(number)
        patient = rows.patient_id(number)
        return self._insert_child(cursor, "appointments", patient) + self._insert_child(
            cursor, "clinical_notes", patient
        )

    def _awaited_patient(self, cursor: Cursor) -> int:
        if not self._awaited:
            return 0
        return self._insert(cursor, "patients", rows.patient(self._random, self._awaited.popleft()))

    def _new_child(self, cursor: Cursor) -> int:
        patient = self._pick(cursor, "patients")
        table = self._random.choice([table for table in CHILDREN if table != "emergency_contacts"])
        return self._insert_child(cursor, table, patient["patient_id"]) if patient else 0

    def _move_house(self, cursor: Cursor) -> int:
        new = rows.patient(self._random, 1)
        return self._change(cursor, "patients", {name: new[name] for name in ("street", "city", "state", "postcode")})

    def _correct_patient(self, cursor: Cursor) -> int:
        """The birth date, or the billing status, or the name and phone of somebody whom nobody is to call."""
        new = rows.patient(self._random, self._random.randrange(160_000, 200_000))
        names = self._random.choice((("date_of_birth",), ("billing_status",), ("last_name", "phone")))
        return self._change(cursor, "patients", {name: new[name] for name in names}, _UNCALLED)

    def _change_email(self, cursor: Cursor) -> int:
        address = f"moved.{self._random.randrange(10**9)}@example.net"
        return self._change(
            cursor, "patients", {"email": self._random.choice((address, address.upper(), None))}, _ALONE
        )

    def _change_insurer(self, cursor: Cursor) -> int:
        return self._change(cursor, "patients", rows.insurance(self._random))

    def _change_location(self, cursor: Cursor) -> int:
        return self._change(cursor, "patients", rows.located(self._random, self._random.choice(words.LOCATIONS)))

    def _new_hours(self, cursor: Cursor) -> int:
        """One location's hours, in the row of every patient of it that nobody else is editing."""
        name = self._random.choice(words.LOCATIONS).name
        cursor.execute(
            """update patients set location_hours = %s, updated_at = now() where patient_id in
                   (select patient_id from patients where location_name = %s for update skip locked)""",
            (f"Mon–Fri {self._random.randint(6, 9)}:00–17:00", name),  # as people write hours
        )
        return cursor.rowcount

    def _change_child(self, cursor: Cursor) -> int:
        """All values of a child anew, but for whose it is. A call can turn out to have been a meeting."""
        table = self._random.choice([table for table in CHILDREN if table != "emergency_contacts"])
        row = self._pick(cursor, table)
        if row is None:
            return 0
        key = KEYS[table]
        new = self._child(table, row[key], row["patient_id"])
        kept = {"path", "size_bytes", "kind"} if table == "documents" else {"currency"}
        return self._save(cursor, table, row[key], {name: new[name] for name in new if name not in {key, *kept}})

    def _pay_invoice(self, cursor: Cursor) -> int:
        row = self._pick(cursor, "invoices", _UNPAID)
        if row is None:
            return 0
        paid = {
            "amount_paid": row["amount_billed"],
            "status": "paid",
            "payment_date": rows.wall_clock(self._random).date(),
            "payment_method": self._random.choice(words.PAYMENT_METHODS),
        }
        return self._save(cursor, "invoices", row["invoice_id"], paid)

    def _move_appointment(self, cursor: Cursor) -> int:
        patient = self._pick(cursor, "patients")
        return self._change(cursor, "appointments", {"patient_id": patient["patient_id"]}) if patient else 0

    def _correct_orphan(self, cursor: Cursor) -> int:
        table = self._random.choice([table for table in CHILDREN if table != "emergency_contacts"])
        row = self._pick(cursor, table, _ORPHANED.format(sql.Identifier(table)))
        patient = self._pick(cursor, "patients")
        if row is None or patient is None:
            return 0
        found = {"patient_id": patient["patient_id"]}
        if table == "invoices":
            found["currency"] = rows.currency(patient["patient_id"])
        return self._save(cursor, table, row[KEYS[table]], found)

    def _change_contact(self, cursor: Cursor) -> int:
        new = rows.emergency_contact(self._random, self._random.randrange(10**4), "", None)
        return self._change(cursor, "emergency_contacts", {name: new[name] for name in ("name", "phone", "relation")})

    def _change_staff(self, cursor: Cursor) -> int:
        new = rows.staff(self._random, 1)
        return self._change(
            cursor, "staff", {name: new[name] for name in ("specialty", "licence_number", "location_name")}
        )

    def _change_physician(self, cursor: Cursor) -> int:
        new = rows.physician(self._random, self._random.randrange(1000))
        return self._change(cursor, "physicians", {name: new[name] for name in ("practice", "phone")})

    def _delete_child(self, cursor: Cursor) -> int:
        table = self._random.choice(CHILDREN)
        row = self._pick(cursor, table)
        return self._delete(cursor, table, row[KEYS[table]]) if row else 0

    def _delete_patient(self, cursor: Cursor) -> int:
        """With the children, or leaving them behind."""
        row = self._pick(cursor, "patients")
        if row is None:
            return 0
        if self._is_alone(cursor, row["patient_id"]):
            self._deleted.append(row)
        made = self._delete(cursor, "patients", row["patient_id"])
        for table in CHILDREN if self._random.random() < 0.5 else ():
            cursor.execute(
                sql.SQL("delete from {} where patient_id = %s").format(sql.Identifier(table)), (row["patient_id"],)
            )
            made += cursor.rowcount
        return made

    def _restore_patient(self, cursor: Cursor) -> int:
        """A deleted patient, who shared nothing with anybody, is back under the same id."""
        if not self._deleted:
            return 0
        # a new row: the transaction may be rolled back, and the remembered one is whole then
        row = {name: value for name, value in self._deleted.popleft().items() if name != "updated_at"}
        there = cursor.execute("select from patients where patient_id = %s", (row["patient_id"],)).fetchone()
        return 0 if there else self._insert(cursor, "patients", row)

    # Rows

    def _child(self, table: str, key: int, patient: str) -> Row:
        match table:
            case "appointments":
                staff = rows.staff_id(self._random.randint(1, self._clinic.staff))
                return rows.appointment(self._random, key, patient, staff)
            case "clinical_notes":
                return rows.clinical_note(self._random, key, patient)
            case "invoices":
                return rows.invoice(self._random, key, patient)
            case "activities":
                return rows.activity(self._random, key, patient)
            case _:
                return rows.document(self._random, key, patient, self._random.randint(200, 4000))

    def _insert_child(self, cursor: Cursor, table: str, patient: str) -> int:
        row = self._child(table, self._new_id(table), patient)
        if table == "documents":
            self._clinic.write_document(row)
        return self._insert(cursor, table, row)

    def _insert(self, cursor: Cursor, table: str, row: Row) -> int:
        names = sql.SQL(", ").join(map(sql.Identifier, row))
        places = sql.SQL(", ").join(map(sql.Placeholder, row))
        cursor.execute(sql.SQL("insert into {} ({}) values ({})").format(sql.Identifier(table), names, places), row)
        return cursor.rowcount

    def _change(self, cursor: Cursor, table: str, values: Row, where: sql.Composable = _ANY) -> int:
        row = self._pick(cursor, table, where)
        return self._save(cursor, table, row[KEYS[table]], values) if row else 0

    def _save(self, cursor: Cursor, table: str, key: Any, values: Row) -> int:
        settings = sql.SQL(", ").join(
            sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in values
        )
        query = sql.SQL("update {} set {}, updated_at = now() where {} = {}").format(
            sql.Identifier(table), settings, sql.Identifier(KEYS[table]), sql.Placeholder("its key")
        )
        cursor.execute(query, {**values, "its key": key})
        return cursor.rowcount

    def _delete(self, cursor: Cursor, table: str, key: Any) -> int:
        query = sql.SQL("delete from {} where {} = %s").format(sql.Identifier(table), sql.Identifier(KEYS[table]))
        return cursor.execute(query, (key,)).rowcount

    def _pick(self, cursor: Cursor, table: str, where: sql.Composable = _ANY) -> Row | None:
        """A row that nobody else is editing, locked: the first from a random key on. None where there is none."""
        name, key = sql.Identifier(table), sql.Identifier(KEYS[table])
        query = sql.SQL("select * from {} where {} and {} order by {} limit 1 for update skip locked")
        for place in (sql.SQL("{} >= {}").format(key, sql.Literal(self._random_key(table))), _ANY):
            row = cursor.execute(query.format(name, place, where, key)).fetchone()
            if row is not None:
                return row
        return None

    def _is_alone(self, cursor: Cursor, patient: str) -> bool:
        query = sql.SQL("select from patients where patient_id = {} and {}").format(sql.Literal(patient), _ALONE)
        return cursor.execute(query).fetchone() is not None

    def _random_key(self, table: str) -> str | int:
        match table:
            case "patients":
                return rows.patient_id(self._random.randint(1, self._last_patient))
            case "staff":
                return rows.staff_id(self._random.randint(1, self._clinic.staff))
            case "physicians":
                return rows.physician_id(self._random.randint(1, self._clinic.physicians))
        old = self._random.randrange((self._clinic.patients + 1) * ID_SPACE)
        return self._random.choice((old, self._random.randint(_NEW_IDS, self._last_child[table])))

    def _last(self, connection: Connection, table: str) -> Any:
        query = sql.SQL("select max({}) as last from {}").format(sql.Identifier(KEYS[table]), sql.Identifier(table))
        found = connection.execute(query).fetchone()
        return found["last"] if found and found["last"] is not None else 0

    def _new_number(self) -> int:
        self._last_patient += 1
        return self._last_patient

    def _new_id(self, table: str) -> int:
        self._last_child[table] = new = self._last_child[table] + 1
        return new


_SHARES: tuple[tuple[Action, float], ...] = (
    (Life._new_child, 20),
    (Life._change_child, 20),
    (Life._delete_child, 6),
    (Life._pay_invoice, 8),
    (Life._new_patient, 8),
    (Life._children_first, 3),
    (Life._awaited_patient, 3),
    (Life._move_house, 6),
    (Life._correct_patient, 8),
    (Life._change_email, 4),
    (Life._change_insurer, 5),
    (Life._change_location, 3),
    (Life._new_hours, 0.3),
    (Life._move_appointment, 5),
    (Life._correct_orphan, 4),
    (Life._change_contact, 3),
    (Life._change_staff, 1),
    (Life._change_physician, 2),
    (Life._delete_patient, 3),
    (Life._restore_patient, 3),
)
_ACTIONS, _WEIGHTS = [action for action, _ in _SHARES], [weight for _, weight in _SHARES]
