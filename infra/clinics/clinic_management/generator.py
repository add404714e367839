"""The clinic management software's database, made up: everything in tables, the scans too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Literal

from infra.clinics.clinic import Account, Clinic, Row
from infra.clinics.clinic_management import rows, words
from infra.clinics.handwriting import mistyped

KEYS = {
    "pt_master": "pt_no",
    "prov": "prov_id",
    "staff_usr": "usr_id",
    "appt_type": "type_cd",
    "appt": "appt_id",
    "med_note": "note_no",
    "ins_pol": "pol_id",
    "claim": "claim_no",
    "referral": "ref_no",
    "tx_plan": "plan_no",
    "lab_res": "lab_no",
    "doc_blob": "doc_no",
    "activ": "act_no",
    "wf_def": "wf_no",
}
"""Tables and their primary keys, parents first."""
CHILDREN = ("appt", "med_note", "ins_pol", "claim", "referral", "tx_plan", "lab_res", "doc_blob", "activ")
"""Tables whose rows belong to a patient."""
ID_SPACE = 10
"""Ids that each patient has in each table of children: a child's id is ``patient number * ID_SPACE + position``."""

_STALE_DAYS = (3 * 365, 12 * 365)
"""Who was last seen so long ago is not taken along."""

Kind = Literal["relative", "duplicate", "stale", "single"]


class ClinicManagement(Clinic):
    """A clinic that keeps its scans in the database. ``today`` is the day from which last visits are reckoned."""

    keys = KEYS
    changed = "mod_ts"

    def __init__(self, seed: int, patients: int, documents: Path, today: date | None = None) -> None:
        super().__init__(seed, patients, documents)
        self.today = today or datetime.now(UTC).date()
        self.providers = max(4, patients // 30)
        self.staff = max(8, min(60, patients // 25))

    @property
    def accounts(self) -> tuple[Account, ...]:
        """The staff who already have an account in Twenty: about three in four."""
        return tuple(
            Account(member["email_addr"].strip().lower(), member["nm_first"], member["nm_last"])
            for number, member in enumerate(self.rows("staff_usr"), 1)
            if self._random("account", number).random() > 0.25
        )

    def rows(self, table: str) -> Iterator[Row]:
        made: Iterator[Row]
        match table:
            case "pt_master":
                made = (self.patient(number) for number in self._numbers)
            case "prov":
                made = (rows.provider(self._random(table, n), n) for n in range(1, self.providers + 1))
            case "staff_usr":
                made = (rows.staff(self._random(table, n), n) for n in range(1, self.staff + 1))
            case "appt_type":
                types = (*words.APPOINTMENT_TYPES.items(), words.UNUSED_TYPE)
                made = ({"type_cd": code, "descr": title} for code, title in sorted(types))
            case "wf_def":
                made = _workflows()
            case _:
                made = (row for number in self._numbers for row in self._children(table, number))
        for row in made:
            yield {**row, "mod_ts": self._changed_at(table, row)}

    def patient(self, number: int) -> Row:
        """One row of pt_master. Relatives share the e-mail of the patient before, duplicates were merged into it."""
        row = rows.patient(self._random("pt_master", number), number, self.today)
        random, kind = self._random("about", number), self.kind(number)
        row["owner_email"] = rows.staff_email(random, self.staff)
        # in circles at times: two who stand for one another, or one for oneself
        row["guarantor_no"] = mistyped(random, 0.7, max(1, number + random.randint(-1, 1)), None)
        if kind == "stale":
            row["last_visit_on"] = self.today - timedelta(days=random.randint(*_STALE_DAYS))
        elif kind != "single":
            before = rows.patient(self._random("pt_master", number - 1), number - 1, self.today)
            same = ("email_addr", "tel_home", "nm_last", *(("nm_first", "dob_txt") if kind == "duplicate" else ()))
            row.update({name: before[name] for name in same if before[name]})
        if kind == "duplicate":
            row.update(rec_status="M", merged_to=number - 1)
        return row

    def kind(self, number: int) -> Kind:
        share = self._random("kind", number).random()
        if number % 2:
            return "stale" if share < 0.12 else "single"
        return "relative" if share < 0.1 else "duplicate" if share < 0.16 else "single"

    def child(self, random: Random, table: str, key: int, patient: int, size: int | None = None) -> Row:
        """One row of a table of children, ``key`` its own. ``size``: bytes of a scan."""
        match table:
            case "appt":
                provider, staff = random.randint(1, self.providers), random.randint(1, self.staff)
                return rows.appointment(random, key, patient, provider, staff)
            case "med_note":
                return rows.medical_note(random, key, patient)
            case "ins_pol":
                return rows.policy(random, key, patient)
            case "claim":
                return rows.claim(random, key, patient, rows.staff_email(random, self.staff))
            case "referral":
                number = random.randint(1, self.providers)
                known = rows.provider(self._random("prov", number), number) if random.random() < 0.6 else None
                return rows.referral(random, key, patient, known)
            case "tx_plan":
                return rows.treatment_plan(random, key, patient)
            case "lab_res":
                return rows.lab_result(random, key, patient)
            case "doc_blob":
                return rows.document(random, key, patient, size or random.randint(200, 4000))
            case _:
                return rows.activity(random, key, patient)

    def _children(self, table: str, number: int) -> Iterator[Row]:
        """What belongs to a patient; a merged one has given all of it away, but for what was forgotten."""
        random = self._random(table, number)
        size = rows.OVERSIZE_BYTES if number == 1 else None
        merged = self.kind(number) == "duplicate"
        for key in range(number * ID_SPACE, number * ID_SPACE + self._count(random, table, number)):
            keeper = mistyped(random, 0.1, number - 1, number) if merged else number
            owner = mistyped(random, 0.015, keeper, rows.NEVER_ISSUED + number)
            yield self.child(random, table, key, owner, size)

    def _count(self, random: Random, table: str, number: int) -> int:
        match table:
            case "appt":
                return random.randint(1, 3)
            case "ins_pol" | "claim" | "med_note" | "activ":
                return random.randint(0, 2)
            case "doc_blob":
                return 1 if number == 1 else int(random.random() < 0.3)
            case _:
                return int(random.random() < 0.5)


def _workflows() -> Iterator[Row]:
    made = {
        "Text a day before": {"when": "appt.booked", "do": ["wait -24h", "sms"]},
        "Recall for the annual physical": {"when": "pt.idle 12m", "do": ["letter"]},
        "Submit the claim": {"when": "appt.stat = C", "do": ["claim.create", "claim.submit"]},
    }
    for number, (name, definition) in enumerate(made.items(), 1):
        yield {"wf_no": number, "nm": name, "def_json": json.dumps(definition)}
