"""What happens at a clinic with Core Practice.

Life leaves alone what the final tables could not tell: the e-mail of a patient who shares it, and which row of one who
is archived had been exported before; so only those are archived who have arrived.
"""

from __future__ import annotations

from datetime import UTC, datetime

from psycopg import sql

from infra.clinics.clinic import Row
from infra.clinics.core_practice import rows
from infra.clinics.core_practice.generator import BILLS, CHILDREN, ID_SPACE, KEYS, CorePractice
from infra.clinics.handwriting import mistyped
from infra.clinics.life import NEW_IDS, Connection, Cursor, Life

_ACTIVE = sql.SQL("archived_on is null")
_PRIMARY = sql.SQL("lower(trim(designation)) = 'primary'")
_ORPHANED = sql.SQL("patient_id >= {}").format(sql.Literal(rows.NEVER_ISSUED))
_ALONE = sql.SQL(
    """archived_on is null and not exists (
           select from patients as other
            where other.patient_id <> patients.patient_id
              and lower(trim(other.email)) = lower(trim(patients.email)))"""
)


class CorePracticeLife(Life[CorePractice]):
    """Rows come, change and go between two exports. Patients are never deleted: the software archives them, those who
    were merged as well.
    """

    patients, children, alone = "patients", ("patient_practices", *CHILDREN), _ALONE

    def __init__(self, clinic: CorePractice, url: str) -> None:
        super().__init__(clinic, url)
        with self._connect() as connection:
            self._last_child["chart_merges"] = max(NEW_IDS, self._last(connection, "chart_merges"))

    def afterwards(self) -> int:
        """One patient in twenty is archived, and in no export any more."""
        query = sql.SQL(
            """update patients set archived_on = current_date, last_modified = now() where patient_id in (
                   select patient_id from patients where {}
                    order by patient_id limit (select 1 + count(*) / 20 from patients))"""
        )
        with self._connect() as connection:
            return connection.execute(query.format(_ALONE)).rowcount

    def _new_patient(self, cursor: Cursor) -> int:
        number = self._new_number()
        return self._insert_patient(cursor, number) + self._insert_child(cursor, self._table(), number)

    def _children_first(self, cursor: Cursor) -> int:
        number = self._new_number()
        self._awaited.append(number)
        return sum(self._insert_child(cursor, table, number) for table in ("appointments", "invoices"))

    def _merge(self, cursor: Cursor) -> int:
        """A chart becomes part of another one and is archived. A log says so; the bills stay where they are."""
        two = self._two_patients(cursor, _ACTIVE)
        if two is None:
            return 0
        keeper, double = two
        known = self._new_id("chart_merges"), double["patient_id"], keeper["patient_id"]
        made = self._insert(cursor, "chart_merges", rows.chart_merge(self._random, *known))
        today = datetime.now(UTC).date()
        made += self._save(cursor, "patients", double["patient_id"], {"archived_on": today})
        return made + sum(self._give(cursor, table, double, keeper) for table in CHILDREN if table not in BILLS)

    def _correct_patient(self, cursor: Cursor) -> int:
        new = self._person(self._random.randrange(160_000, 200_000))
        home = ("first_address", "patient_city", "patient_state", "patient_postal_code", "patient_country")
        names = self._random.choice((home, ("dob",), ("mobile", "last_name"), ("registered_at", "first_name")))
        return self._change(cursor, "patients", {name: new[name] for name in names}, _ACTIVE)

    def _change_responsible(self, cursor: Cursor) -> int:
        other = self._pick(cursor, "patients", _ACTIVE)
        return self._change(cursor, "patients", {"responsible_id": other["patient_id"] if other else None}, _ACTIVE)

    def _change_email(self, cursor: Cursor) -> int:
        address = f"moved.{self._random.randrange(10**9)}@example.net"
        return self._change(
            cursor, "patients", {"email": self._random.choice((address, address.upper(), None))}, _ALONE
        )

    def _change_practice(self, cursor: Cursor) -> int:
        """A patient's primary practice becomes another one."""
        practice = self._clinic.random_practice(self._random)
        row = self._pick(cursor, "patient_practices", _PRIMARY)
        if row is None:
            return 0
        made = self._save(cursor, "patient_practices", row["link_id"], {"practice_id": practice})
        return made + self._save(cursor, "patients", row["patient_id"], {"practice_id": practice})

    def _leave_practice(self, cursor: Cursor) -> int:
        row = self._pick(cursor, "patient_practices", _PRIMARY)
        if row is None:
            return 0
        made = self._delete(cursor, "patient_practices", row["link_id"])
        return made + self._save(cursor, "patients", row["patient_id"], {"practice_id": None})

    def _change_doctor(self, cursor: Cursor) -> int:
        new = rows.windows(rows.doctor(self._random, 1))
        return self._change(cursor, "doctors", {name: new[name] for name in ("specialization", "last_name")})

    def _pay(self, cursor: Cursor) -> int:
        new = rows.billing(self._random, 0)
        return self._change(cursor, "billing", {name: new[name] for name in ("outstanding", "last_payment")})

    def _new_child(self, cursor: Cursor) -> int:
        patient = self._pick(cursor, "patients", _ACTIVE)
        return self._insert_child(cursor, self._table(), patient["patient_id"]) if patient else 0

    def _change_child(self, cursor: Cursor) -> int:
        """All values of a child anew, but for whose it is and which file. A call can turn out to be a meeting."""
        table = self._table()
        row = self._pick(cursor, table)
        if row is None:
            return 0
        new = self._clinic.child(self._random, table, row[KEYS[table]], row["patient_id"])
        kept = {KEYS[table], "patient_id", "path", "size_bytes", "viewer_url"}
        return self._save(cursor, table, row[KEYS[table]], {name: new[name] for name in new if name not in kept})

    def _move_child(self, cursor: Cursor) -> int:
        patient = self._pick(cursor, "patients", _ACTIVE)
        table = self._random.choice(("appointments", "insurance_claims", "activities"))
        return self._change(cursor, table, {"patient_id": patient["patient_id"]}) if patient else 0

    def _correct_orphan(self, cursor: Cursor) -> int:
        patient = self._pick(cursor, "patients", _ACTIVE)
        return self._change(cursor, self._table(), {"patient_id": patient["patient_id"]}, _ORPHANED) if patient else 0

    # Rows

    def _table(self) -> str:
        return self._random.choice(CHILDREN)

    def _person(self, number: int) -> Row:
        return rows.windows(rows.patient(self._random, number))

    def _insert_patient(self, cursor: Cursor, number: int) -> int:
        practice = mistyped(self._random, 0.2, self._clinic.random_practice(self._random), None)
        made = self._insert(cursor, "patients", {**self._person(number), "practice_id": practice})
        if practice is None:
            return made
        link = {
            "link_id": self._new_id("patient_practices"),
            "patient_id": number,
            "practice_id": practice,
            "designation": "Primary",
        }
        return made + self._insert(cursor, "patient_practices", link)

    def _insert_child(self, cursor: Cursor, table: str, patient: int) -> int:
        row = self._clinic.child(self._random, table, self._new_id(table), patient)
        if table == "documents":
            self._clinic.write_document(row)
        made = self._insert(cursor, table, row)
        if table == "invoices":
            made += self._insert(cursor, "billing", rows.billing(self._random, row["invoice_id"]))
        return made

    def _random_key(self, table: str) -> str | int:
        match table:
            case "patients":
                return self._random.randint(1, self._last_patient)
            case "doctors":
                return rows.doctor_id(self._random.randint(1, self._clinic.doctors))
            case "billing":
                table = "invoices"
        old = self._random.randrange((self._clinic.patients + 1) * ID_SPACE)
        return self._random.choice((old, self._random.randint(NEW_IDS, self._last_child[table])))

    def _last_number(self, connection: Connection) -> int:
        return int(self._last(connection, "patients"))

    shares = (
        (_new_child, 22),
        (_change_child, 22),
        (Life._delete_child, 6),
        (_new_patient, 8),
        (_children_first, 3),
        (Life._awaited_patient, 3),
        (_correct_patient, 12),
        (_change_responsible, 3),
        (_change_email, 4),
        (_change_practice, 4),
        (_leave_practice, 2),
        (_change_doctor, 2),
        (_pay, 4),
        (_merge, 3),
        (_move_child, 5),
        (_correct_orphan, 4),
    )
