"""What happens at The Clinic Place.

Life leaves alone what the final tables could not tell: the e-mail of a patient who shares it, and the name and phone of
somebody whom another patient's emergency contact names.
"""

from __future__ import annotations

from psycopg import sql

from infra.clinics.clinic import Row
from infra.clinics.clinic_place import rows, words
from infra.clinics.clinic_place.generator import ID_SPACE, KEYS, ClinicPlace
from infra.clinics.handwriting import wall_clock
from infra.clinics.life import NEW_IDS, Connection, Cursor, Life

CHILDREN = ("appointments", "clinical_notes", "invoices", "emergency_contacts", "activities", "documents")

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


class ClinicPlaceLife(Life[ClinicPlace]):
    """Rows come, change and go in every table but that of the workflows."""

    patients, children, alone = "patients", CHILDREN, _ALONE

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

    # What happens at a clinic

    def _new_patient(self, cursor: Cursor) -> int:
        """Sometimes a relative of somebody who is known, with the same e-mail."""
        number = self._new_number()
        row = self._person(number)
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

    def _new_child(self, cursor: Cursor) -> int:
        patient = self._pick(cursor, "patients")
        table = self._random.choice([table for table in CHILDREN if table != "emergency_contacts"])
        return self._insert_child(cursor, table, patient["patient_id"]) if patient else 0

    def _move_house(self, cursor: Cursor) -> int:
        new = self._person(1)
        return self._change(cursor, "patients", {name: new[name] for name in ("street", "city", "state", "postcode")})

    def _correct_patient(self, cursor: Cursor) -> int:
        """The birth date, or the billing status, or the name and phone of somebody whom nobody is to call."""
        new = self._person(self._random.randrange(160_000, 200_000))
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
            "payment_date": wall_clock(self._random).date(),
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

    def _merge(self, cursor: Cursor) -> int:
        """Two charts become one. The software keeps no word of it: a patient goes, and children name another."""
        two = self._two_patients(cursor)
        if two is None:
            return 0
        keeper, double = two
        made = self._delete(cursor, "patients", double["patient_id"])
        contacts = "delete from emergency_contacts where patient_id = %s"
        made += cursor.execute(contacts, (double["patient_id"],)).rowcount
        billed = "update invoices set currency = %s where patient_id = %s"
        cursor.execute(billed, (rows.currency(keeper["patient_id"]), double["patient_id"]))
        given = [table for table in CHILDREN if table != "emergency_contacts"]
        return made + sum(self._give(cursor, table, double, keeper) for table in given)

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

    # Rows

    def _person(self, number: int) -> Row:
        return rows.patient(self._random, number)

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

    def _random_key(self, table: str) -> str | int:
        match table:
            case "patients":
                return rows.patient_id(self._random.randint(1, self._last_patient))
            case "staff":
                return rows.staff_id(self._random.randint(1, self._clinic.staff))
            case "physicians":
                return rows.physician_id(self._random.randint(1, self._clinic.physicians))
        old = self._random.randrange((self._clinic.patients + 1) * ID_SPACE)
        return self._random.choice((old, self._random.randint(NEW_IDS, self._last_child[table])))

    def _last_number(self, connection: Connection) -> int:
        return int(self._last(connection, "patients")[2:])

    shares = (
        (_new_child, 20),
        (_change_child, 20),
        (Life._delete_child, 6),
        (_pay_invoice, 8),
        (_new_patient, 8),
        (_children_first, 3),
        (Life._awaited_patient, 3),
        (_move_house, 6),
        (_correct_patient, 8),
        (_change_email, 4),
        (_change_insurer, 5),
        (_change_location, 3),
        (_new_hours, 0.3),
        (_move_appointment, 5),
        (_correct_orphan, 4),
        (_change_contact, 3),
        (_change_staff, 1),
        (_change_physician, 2),
        (Life._delete_patient, 3),
        (Life._restore_patient, 3),
        (_merge, 1),
    )
