"""What the practice suite keeps, made up; the documents are files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from random import Random
from typing import Any, Literal

import psycopg
from psycopg.types.json import Jsonb

from infra.clinics import words as common
from infra.clinics.advance_practice import rows
from infra.clinics.clinic import Account, Clinic, Row
from infra.clinics.handwriting import mistyped

KEYS = {
    "orgs": "org_id",
    "payers": "payer_id",
    "providers": "provider_id",
    "patients": "patient_no",
    "chart_merges": "merge_id",
    "properties": "prop_no",
    "cases": "case_id",
    "appointments": "appt_id",
    "claims": "claim_id",
    "notes": "note_id",
    "documents": "doc_no",
    "activities": "activity_id",
    "workflows": "workflow_id",
}
"""Tables and their primary keys, parents first."""
CHILDREN = ("cases", "appointments", "claims", "notes", "documents", "activities")
"""Tables whose rows belong to a patient, or a few to an organization."""
PROPERTIES = ("Referral source", "Preferred contact", "Consent signed", "Insurance group ID", "Shoe size")
"""What the practice added to the patient form. Nobody wants to keep the last."""
ID_SPACE = 10
FIRST_ID = 1_000_000_000
"""Ids have ten digits. A child's is ``FIRST_ID + patient number * ID_SPACE + position``."""
OFFICE = Account("office@advance.example.com", "Olive", "Office")
"""Has an account in Twenty and no row in the suite."""

_EVERY = 20
"""One patient in so many had another number once."""

Kind = Literal["relative", "duplicate", "single"]


class AdvancePractice(Clinic):
    """A practice that bills much: every table lies behind the suite's API and exports."""

    keys = KEYS
    changed = "updated_at"

    @property
    def providers(self) -> int:
        return max(5, self.patients // 20)

    @property
    def organizations(self) -> int:
        return max(6, self.patients // 25)

    @property
    def accounts(self) -> tuple[Account, ...]:
        """The office, and of the providers who have an e-mail about two in three."""
        known = (row for row in self.rows("providers") if row["email"])
        return OFFICE, *(
            Account(row["email"].strip().lower(), row["given"], row["family"])
            for row in known
            if self._random("account", row["provider_id"]).random() > 0.33
        )

    def rows(self, table: str) -> Iterator[Row]:
        made: Iterator[Row]
        match table:
            case "orgs":
                most = self.organizations
                made = (rows.organization(self._random(table, n), n, most) for n in range(1, most + 1))
            case "payers":
                made = (rows.payer(self._random(table, n), n, name) for n, name in enumerate(common.CARRIERS, 1))
            case "providers":
                numbers = range(1, self.providers + 1)
                made = (rows.provider(self._random(table, n), n, FIRST_ID + n) for n in numbers)
            case "patients":
                made = (self.patient(number) for number in self._numbers)
            case "chart_merges":
                numbers = range(_EVERY, self.patients + 1, _EVERY)
                made = (rows.chart_merge(self._random(table, n), FIRST_ID + n, rows.RETIRED + n, n) for n in numbers)
            case "properties":
                made = (row for number in self._numbers for row in self._properties(number))
            case "workflows":
                made = _workflows()
            case _:
                made = (row for number in self._numbers for row in self._children(table, number))
        for row in made:
            yield {**row, "updated_at": self._changed_at(table, row)}

    def patient(self, number: int) -> Row:
        """One row of patients. Relatives share the e-mail of the patient before, who is registered twice at times."""
        row, random = rows.patient(self._random("patients", number), number), self._random("about", number)
        row |= self.known(random)
        kind = self.kind(number)
        if kind != "single":
            before = rows.patient(self._random("patients", number - 1), number - 1)
            same = ("email", "phone", "last_nm", *(("first_nm", "job_title") if kind == "duplicate" else ()))
            row.update({name: before[name] for name in same if before[name]})
        return row

    def known(self, random: Random) -> Row:
        """Who answers for a patient, where they are registered, and who pays: a payer of the table, or a name alone."""
        payer = random.randint(1, len(common.CARRIERS))
        filed = random.random() < 0.7
        return {
            "owner_email": rows.handler(random, self.providers),
            "org_id": self._organization(random),
            "payer_id": mistyped(random, 0.05, payer, rows.NEVER_ISSUED) if filed else None,
            "payer_name": mistyped(random, 0.1, common.CARRIERS[payer - 1], "self-pay?", "", None),
        }

    def kind(self, number: int) -> Kind:
        share = self._random("kind", number).random()
        if number % 2:
            return "single"
        return "relative" if share < 0.1 else "duplicate" if share < 0.16 else "single"

    def child(self, random: Random, table: str, key: int, patient: int) -> Row:
        """One row of a table of children, ``key`` its own; of a document without its bytes."""
        match table:
            case "cases":
                return rows.case(random, key, patient, self._organization(random), rows.handler(random, self.providers))
            case "appointments":
                return rows.appointment(random, key, patient, rows.handler(random, self.providers))
            case "claims":
                return rows.claim(random, key, patient, self._organization(random))
            case "notes":
                return rows.note(random, key, *self._about(random, patient))
            case "documents":
                return rows.document(random, key, *self._about(random, patient))
            case _:
                return rows.activity(random, key, patient)

    def custom_property(self, random: Random, patient: int, place: int) -> Row:
        label = PROPERTIES[place]
        number = patient * ID_SPACE + place
        return {"prop_no": number, "patient_no": patient, "label": label, "content": rows.content(random, label)}

    def create(self, connection: psycopg.Connection[Any]) -> None:
        super().create(connection)
        for row in self.rows("documents"):
            self.write(row["path"], self._bytes(row["doc_no"]))

    def write(self, path: str, data: bytes) -> None:
        """A document's file, whole from the beginning: what waits for it looks at size and hash."""
        there = self.documents / path
        there.parent.mkdir(parents=True, exist_ok=True)
        there.with_suffix(".new").write_bytes(data)
        there.with_suffix(".new").replace(there)

    def _children(self, table: str, number: int) -> Iterator[Row]:
        random = self._random(table, number)
        first = FIRST_ID + number * ID_SPACE
        for key in range(first, first + self._count(random, table, number)):
            named = rows.RETIRED + number if number % _EVERY == 0 and table == "documents" else number
            row = self.child(random, table, key, mistyped(random, 0.015, named, rows.NEVER_ISSUED + number))
            if table == "documents":
                row |= stored(self._bytes(key))
            yield row

    def _bytes(self, key: int) -> bytes:
        if key == FIRST_ID + ID_SPACE:
            return bytes(rows.OVERSIZE_BYTES)
        random = self._random("file", key)
        return random.randbytes(random.randint(200, 4000))

    def _properties(self, number: int) -> Iterator[Row]:
        random = self._random("properties", number)
        patient = mistyped(random, 0.015, number, rows.NEVER_ISSUED + number)
        for place in range(len(PROPERTIES)):
            if random.random() < 0.4:
                yield self.custom_property(random, patient, place)

    def _count(self, random: Random, table: str, number: int) -> int:
        match table:
            case "documents":
                return 1 if number == 1 else int(random.random() < 0.4)
            case "appointments":
                return random.randint(1, 3)
            case _:
                return random.randint(0, 2)

    def _organization(self, random: Random) -> int | None:
        number: int | None = mistyped(
            random, 0.15, random.randint(1, self.organizations), None, rows.NEVER_ISSUED + random.randrange(100)
        )
        return number

    def _about(self, random: Random, patient: int) -> tuple[int | None, int | None]:
        """The patient, at times besides an organization, or an organization alone."""
        share = random.random()
        if share < 0.7:
            return patient, None
        organization = mistyped(random, 0.05, random.randint(1, self.organizations), rows.NEVER_ISSUED + 7)
        return (patient if share < 0.8 else None), organization


def stored(data: bytes) -> Row:
    """What the manifest says of a document's bytes."""
    return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _workflows() -> Iterator[Row]:
    made = {
        "Appointment reminder": {"on": "appointment.booked", "steps": [{"wait": "-24h"}, {"sms": "reminder"}]},
        "Claim follow-up": {"on": "claim.denied", "steps": [{"task": "appeal"}, {"wait": "14d"}]},
        "Balance alert": {"on": "case.invoiced", "steps": [{"e-mail": "statement"}], "active": False},
    }
    for number, (name, definition) in enumerate(made.items(), 1):
        yield {"workflow_id": number, "name": name, "definition": Jsonb(definition)}
