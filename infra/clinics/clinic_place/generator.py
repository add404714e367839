"""The Clinic Place's database and documents, made up: the same for the same seed, as ugly as the real thing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Literal

from psycopg.types.json import Jsonb

from infra.clinics.clinic import Account, Clinic, Row
from infra.clinics.clinic_place import rows
from infra.clinics.handwriting import mistyped

KEYS = {
    "patients": "patient_id",
    "physicians": "physician_id",
    "staff": "staff_id",
    "appointments": "appointment_id",
    "clinical_notes": "note_id",
    "invoices": "invoice_id",
    "emergency_contacts": "contact_id",
    "activities": "activity_id",
    "documents": "document_id",
    "workflows": "workflow_id",
}
"""Tables and their primary keys, parents first."""
ID_SPACE = 10
"""Ids that each patient has in each table of children: a child's id is ``patient number * ID_SPACE + position``."""


class ClinicPlace(Clinic):
    """A clinic whose files lie in the documents directory."""

    keys = KEYS
    changed = "updated_at"

    def __init__(self, seed: int, patients: int, documents: Path) -> None:
        super().__init__(seed, patients, documents)
        self.physicians = max(3, patients // 40)
        self.staff = max(8, min(60, patients // 25))

    @property
    def accounts(self) -> tuple[Account, ...]:
        """The staff who already have an account in Twenty: about three in four."""
        return tuple(
            Account(member["email"].strip().lower(), member["first_name"], member["last_name"])
            for number, member in enumerate(self.rows("staff"), 1)
            if self._random("account", number).random() > 0.25
        )

    def rows(self, table: str) -> Iterator[Row]:
        """All rows of one table, in key order, each a dict of its columns."""
        made: Iterator[Row]
        match table:
            case "patients":
                made = (self.patient(number) for number in self._numbers)
            case "physicians":
                made = (rows.physician(self._random(table, n), n) for n in range(1, self.physicians + 1))
            case "staff":
                made = (rows.staff(self._random(table, n), n) for n in range(1, self.staff + 1))
            case "workflows":
                made = _workflows()
            case _:
                made = (row for number in self._numbers for row in self._children(table, number))
        for row in made:
            yield {**row, "updated_at": self._changed_at(table, row)}

    def patient(self, number: int) -> Row:
        """One patients row. Some are relatives of the one before and share its e-mail; some are its duplicate."""
        row = rows.patient(self._random("patients", number), number)
        kin = self._kin(number)
        if kin:
            before = rows.patient(self._random("patients", number - 1), number - 1)
            shared = ("email", "phone", "last_name") + (("first_name", "date_of_birth") if kin == "duplicate" else ())
            row.update({name: before[name] for name in shared if before[name]})
        random = self._random("referral", number)
        if random.random() < 0.4:
            referring = rows.physician_id(random.randint(1, self.physicians))
            row["referring_physician_id"] = mistyped(random, 0.02, referring, "D-99901", "")
        return row

    def write_documents(self) -> None:
        for row in self.rows("documents"):
            self.write_document(row)

    def write_document(self, row: Row) -> None:
        """Write the file that a documents row names; the oversize one takes no room on the disk."""
        path = self.documents / row["path"]
        self._write_file(path, row["size_bytes"], rows.OVERSIZE_BYTES, "file", row["document_id"])

    @cached_property
    def _duplicated(self) -> tuple[int, ...]:
        return tuple(number - 1 for number in self._numbers if self._kin(number) == "duplicate")

    def _kin(self, number: int) -> Literal["relative", "duplicate"] | None:
        if number % 2:
            return None
        share = self._random("kin", number).random()
        return "relative" if share < 0.1 else "duplicate" if share < 0.14 else None

    def _children(self, table: str, number: int) -> Iterator[Row]:
        random = self._random(table, number)
        for key in range(number * ID_SPACE, number * ID_SPACE + self._count(random, table, number)):
            owner = mistyped(random, 0.015, number, rows.NEVER_ISSUED + number)
            yield self._child(random, table, key, rows.patient_id(owner), number)

    def _count(self, random: Random, table: str, number: int) -> int:
        match table:
            case "appointments":
                return random.randint(2, 4)
            case "clinical_notes" | "activities":
                return random.randint(0, 3)
            case "invoices":
                return random.randint(0, 2)
            case "emergency_contacts":
                return int(random.random() < 0.4)
            case _:
                return 1 if number == 1 else int(random.random() < 0.3)

    def _child(self, random: Random, table: str, key: int, patient: str, number: int) -> Row:
        match table:
            case "appointments":
                return rows.appointment(random, key, patient, rows.staff_id(random.randint(1, self.staff)))
            case "clinical_notes":
                return rows.clinical_note(random, key, patient)
            case "invoices":
                return rows.invoice(random, key, patient)
            case "emergency_contacts":
                return rows.emergency_contact(random, key, patient, self._called(random, number))
            case "activities":
                return rows.activity(random, key, patient)
            case _:
                size = rows.OVERSIZE_BYTES if number == 1 else random.randint(200, 4000)
                return rows.document(random, key, patient, size)

    def _called(self, random: Random, number: int) -> Row | None:
        """Who is called in an emergency: another patient, one who is registered twice, the patient, or a stranger."""
        share = random.random()
        if share < 0.2:
            return self.patient(random.randint(1, self.patients))
        if share < 0.25 and self._duplicated:
            return self.patient(random.choice(self._duplicated))
        return self.patient(number) if share < 0.27 else None


def _workflows() -> Iterator[Row]:
    triggers = {
        "Appointment reminder": ("appointment.created", ["wait 24h before", "send text"]),
        "Overdue balance": ("invoice.overdue", ["send e-mail", "create task"]),
        "Welcome pack": ("patient.created", ["send e-mail"]),
        "Lab result": ("clinical_note.lab", ["notify physician", "create task"]),
        "Recall after a year": ("patient.inactive", ["create task"]),
    }
    for number, (name, (trigger, steps)) in enumerate(triggers.items(), 1):
        definition = {"trigger": trigger, "steps": steps, "active": number != 5}
        yield {"workflow_id": number, "name": name, "definition": Jsonb(definition)}
