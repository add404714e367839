"""Core Practice's own tables and documents, made up: what it then drops as files is in ``drops``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Literal

from infra.clinics.clinic import Account, Clinic, Row
from infra.clinics.core_practice import rows
from infra.clinics.handwriting import mistyped

KEYS = {
    "practices": "practice_id",
    "doctors": "doctor_id",
    "patients": "patient_id",
    "chart_merges": "merge_id",
    "patient_practices": "link_id",
    "appointments": "appointment_id",
    "treatment_plans": "plan_id",
    "invoices": "invoice_id",
    "billing": "invoice_id",
    "insurance_claims": "claim_id",
    "clinical_notes": "note_id",
    "documents": "document_id",
    "activities": "activity_id",
    "recall_workflows": "workflow_id",
}
"""Tables and their primary keys, parents first."""
CHILDREN = (
    "appointments",
    "treatment_plans",
    "invoices",
    "insurance_claims",
    "clinical_notes",
    "documents",
    "activities",
)
"""Tables whose rows belong to a patient."""
BILLS = ("invoices", "insurance_claims")
"""Of those, the ones that no merge of charts touches."""
ID_SPACE = 10
"""Ids that each patient has in each table of children: a child's id is ``patient number * ID_SPACE + position``."""

Kind = Literal["relative", "duplicate", "merged", "archived", "single"]


class CorePractice(Clinic):
    """A group of dental practices whose documents lie in a directory."""

    keys = KEYS
    changed = "last_modified"

    def __init__(self, seed: int, patients: int, documents: Path) -> None:
        super().__init__(seed, patients, documents)
        self.practices = max(4, min(12, patients // 50))
        self.doctors = max(8, min(60, patients // 25))

    @property
    def accounts(self) -> tuple[Account, ...]:
        """The doctors who already have an account in Twenty: about three in four."""
        return tuple(
            Account(doctor["email"].strip().lower(), doctor["first_name"], doctor["last_name"])
            for number, doctor in enumerate(self.rows("doctors"), 1)
            if self._random("account", number).random() > 0.25
        )

    def rows(self, table: str) -> Iterator[Row]:
        made: Iterator[Row]
        match table:
            case "practices":
                made = (rows.practice(self._random(table, n), n) for n in range(1, self.practices + 1))
            case "doctors":
                made = (rows.doctor(self._random(table, n), n) for n in range(1, self.doctors + 1))
            case "patients":
                made = (self.patient(number) for number in self._numbers)
            case "chart_merges":
                merged = (number for number in self._numbers if self.kind(number) == "merged")
                made = (rows.chart_merge(self._random(table, n), n, n, n - 1) for n in merged)
            case "patient_practices":
                made = (row for number in self._numbers for row in self._designations(number))
            case "billing":
                made = (self._billing(row["invoice_id"]) for row in self.rows("invoices"))
            case "recall_workflows":
                made = _recalls()
            case _:
                made = (row for number in self._numbers for row in self._children(table, number))
        for row in made:
            yield {**rows.windows(row), "last_modified": self._changed_at(table, row)}

    def write_documents(self) -> None:
        for row in self.rows("documents"):
            self.write_document(row)

    def write_document(self, row: Row) -> None:
        """Write the file that a documents row names; the oversize one takes no room on the disk."""
        path = self.documents / row["path"]
        self._write_file(path, row["size_bytes"], rows.OVERSIZE_BYTES, "file", row["document_id"])

    def patient(self, number: int) -> Row:
        """One row of patients. Relatives share the e-mail of the patient before, duplicates the name and birthday too.

        One in twenty is at no practice; the archived are never exported, and who was merged is archived.
        """
        row = rows.patient(self._random("patients", number), number)
        random, kind = self._random("about", number), self.kind(number)
        row["practice_id"] = mistyped(random, 0.05, self.random_practice(random), None)
        # in circles at times: two who pay for one another, or one for oneself
        row["responsible_id"] = mistyped(random, 0.6, max(1, number + random.randint(-1, 1)), None)
        row["archived_on"] = rows.FIRST_EXPORT - timedelta(30) if kind in ("archived", "merged") else None
        if kind in ("relative", "duplicate", "merged"):
            before = rows.patient(self._random("patients", number - 1), number - 1)
            same = ("email", "mobile", "last_name", *(("first_name", "dob") if kind != "relative" else ()))
            row.update({name: before[name] for name in same if before[name]})
        return row

    def kind(self, number: int) -> Kind:
        share = self._random("kind", number).random()
        if number % 2:
            return "archived" if share < 0.05 and number > 1 else "single"
        kinds: tuple[tuple[float, Kind], ...] = ((0.1, "relative"), (0.15, "duplicate"), (0.2, "merged"))
        return next((kind for below, kind in kinds if share < below), "single")

    def random_practice(self, random: Random) -> str:
        return rows.practice_id(random.randint(1, self.practices))

    def child(self, random: Random, table: str, key: int, patient: int, size: int | None = None) -> Row:
        """One row of a table of children, ``key`` its own. ``size``: bytes of a document."""
        doctor = rows.doctor_id(random.randint(1, self.doctors))
        match table:
            case "appointments":
                row = rows.appointment(random, key, patient, doctor)
            case "treatment_plans":
                row = rows.treatment_plan(random, key, patient)
            case "invoices":
                row = rows.invoice(random, key, patient)
            case "insurance_claims":
                row = rows.claim(random, key, patient)
            case "clinical_notes":
                row = rows.clinical_note(random, key, patient, doctor)
            case "documents":
                row = rows.document(random, key, patient, size or random.randint(200, 4000))
            case _:
                row = rows.activity(random, key, patient)
        return rows.windows(row)

    def _children(self, table: str, number: int) -> Iterator[Row]:
        """What belongs to a patient; who was merged has kept the bills and little else."""
        random = self._random(table, number)
        size = rows.OVERSIZE_BYTES if number == 1 else None
        keeper = number - 1 if self.kind(number) == "merged" and table not in BILLS else number
        for key in range(number * ID_SPACE, number * ID_SPACE + self._count(random, table, number)):
            owner = mistyped(random, 0.015, keeper, rows.NEVER_ISSUED + number)
            yield self.child(random, table, key, owner if size is None else number, size)

    def _count(self, random: Random, table: str, number: int) -> int:
        match table:
            case "appointments":
                return random.randint(1, 3)
            case "documents":
                return 1 if number == 1 else int(random.random() < 0.3)
            case "invoices" | "activities":
                return random.randint(0, 2)
            case _:
                return int(random.random() < 0.6)

    def _designations(self, number: int) -> Iterator[Row]:
        """The practices at which a patient is seen: one is the primary one, if any is; further ones are not."""
        random, primary = self._random("patient_practices", number), self.patient(number)["practice_id"]
        if primary is None:
            return
        further = sorted({self.random_practice(random) for _ in range(random.choice((0, 0, 1, 2)))} - {primary})
        for place, practice in enumerate((primary, *further)):
            designation = random.choice(("Secondary", "", None)) if place else random.choice(("Primary", "primary "))
            yield {
                "link_id": number * ID_SPACE + place,
                "patient_id": number,
                "practice_id": practice,
                "designation": designation,
            }

    def _billing(self, invoice: int) -> Row:
        return rows.billing(self._random("billing", invoice), invoice)


def _recalls() -> Iterator[Row]:
    made = {
        "Six-month recall": {"when": "last cleaning > 6 months", "do": ["text", "wait 7d", "call list"]},
        "Appointment reminder": {"when": "appointment - 24h", "do": ["text"]},
        "Insurance expires": {"when": "policy end - 30d", "do": ["e-mail “renew”"]},
    }
    for number, (title, definition) in enumerate(made.items(), 1):
        yield {"workflow_id": number, "title": title, "definition": json.dumps(definition, ensure_ascii=False)}
