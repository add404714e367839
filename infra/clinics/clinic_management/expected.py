"""What Twenty should hold of the clinic management software, worked out from its tables."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from infra.clinics import values
from infra.clinics.clinic import Row
from infra.clinics.clinic_management import options, words
from infra.clinics.clinic_management import rows as source_rows
from infra.clinics.expectation import Expectation, Fields, survivors
from infra.clinics.values import Content, Email, Expected, ExpectedRow, Reference, Unique


def expected(
    tables: Mapping[str, list[Row]],
    accounts: Collection[str],
    *,
    documents: Path,
    workspace_url: str,
    fallback_owner: str,
) -> Expected:
    """As ``worlds.Expecting``; the files lie in the database."""
    return _Expectation(tables, accounts, fallback_owner).result


class _Expectation(Expectation):
    system, zone = options.SYSTEM, options.ZONE
    plurals, ours_alone, owners = options.PLURALS, options.OURS_ALONE, options.OWNERS

    def __init__(self, tables: Mapping[str, list[Row]], accounts: Collection[str], fallback: str) -> None:
        super().__init__(accounts, fallback)
        today = datetime.now(UTC).astimezone(self.zone).date()
        self._known = {row["pt_no"] for row in tables["pt_master"]}
        arrived = {row["pt_no"]: row for row in tables["pt_master"] if not _stale(row, today)}
        merged_to = {row["pt_no"]: row["merged_to"] for row in tables["pt_master"]}
        self._leads = survivors(merged_to, arrived)
        patients = [row for number, row in arrived.items() if self._leads[number] == number]
        self._providers = {row["prov_id"] for row in tables["prov"]}
        self._provider_emails = Counter(_address(row["email_addr"]) for row in tables["prov"])
        self._referrers = {_address(row["email_addr"]): row["prov_id"] for row in tables["prov"]}
        self._staff = {row["usr_id"]: _address(row["email_addr"]) for row in tables["staff_usr"]}
        people = {row["pt_no"]: self._patient(row) for row in patients}
        for row in tables["prov"]:
            self._provider(row)
        for row in tables["staff_usr"]:
            self._member(row)
        for row in self._one_of_each("insurance", tables["ins_pol"], lambda row: (row["rank"], row["pol_id"])):
            self._insurance(row, people[row["pt_no"]])
        for row in self._one_of_each("referral", tables["referral"], _latest):
            self._referral(row, people[row["pt_no"]])
        for row in self._with_patient("appointment", tables["appt"]):
            self._appointment(row)
        for row in self._with_patient("medical_note", tables["med_note"]):
            self._medical_note(row)
        for row in self._with_patient("billing_claim", tables["claim"]):
            self._claim(row)
        for row in self._with_patient("treatment_plan", tables["tx_plan"]):
            self._treatment_plan(row)
        for row in self._with_patient("lab_result", tables["lab_res"]):
            self._lab_result(row)
        for row in self._with_patient("document", tables["doc_blob"]):
            self._document(row)
        for row in self._with_patient("activity", tables["activ"]):
            self._activity(row)

    # People

    def _patient(self, row: Row) -> Fields:
        key = self.key("patient", row["pt_no"])
        fields: Fields = {
            "name": {"firstName": row["nm_first"], "lastName": row["nm_last"]},
            "emails": self._email(key, row["email_addr"]),
            "phones": self._phones(key, "phones", row["tel_home"]),
            "city": row["addr_city"],
            "homeAddress": {
                "addressStreet1": row["addr_1"],
                "addressCity": row["addr_city"],
                "addressState": row["addr_st"],
                "addressPostcode": row["addr_zip"],
            },
            "dateOfBirth": self._day(key, "dateOfBirth", row["dob_txt"]),
            "medicalRecordNumber": row["mrn"],
            "insuranceId": row["ins_id"],
            "consentOnFile": values.natural(row["consent_yn"]) == "y",
            "personRole": "PATIENT",
            "npi": None,
            "specialty": None,
            "insuranceCarrier": None,
            "policyNumber": None,
            "groupNumber": None,
            "coverageType": None,
            "referringProviderName": None,
            "referringProviderEmail": None,
            "referringProvider": None,
            "guarantor": self._another(row["pt_no"], row["guarantor_no"]),
            "owner": self._account(row["owner_email"]),
            **self._created(key, self._time(key, "createdAt", row["opened_txt"])),
        }
        self._add("person", key, fields)
        return fields

    def _provider(self, row: Row) -> None:
        key = self.key("provider", row["prov_id"])
        codes = [values.natural(one) for one in (row["specs"] or "").split(";") if one.strip()]
        if not set(codes) <= options.SPECIALTIES.keys():
            self.result.flagged.add((key, "specialty"))
        fields = {
            "name": {"firstName": row["nm_first"], "lastName": row["nm_last"]},
            "emails": Email(_address(row["email_addr"])),
            "personRole": options.ROLES[values.natural(row["prov_kind"])],
            "npi": Unique(row["npi"]) if row["npi"] else None,
            "specialty": [option for code, option in options.SPECIALTIES.items() if code in codes],
            "medicalRecordNumber": None,
        }
        self._add("person", key, fields)

    def _member(self, row: Row) -> None:
        key, address = self.key("staff", row["usr_id"]), _address(row["email_addr"])
        if address in self._accounts:
            self.result.rows["workspaceMember"][address] = ExpectedRow(key, {"userEmail": address})
        else:
            self.result.skipped.add(key)

    def _insurance(self, row: Row, person: Fields) -> None:
        key = self.key("insurance", row["pt_no"])
        person.update(
            insuranceCarrier=row["carrier"],
            policyNumber=row["policy_no"],
            groupNumber=row["group_no"],
            coverageType=self._choice(key, "coverageType", row["cov_cd"], options.COVERAGES),
        )

    def _referral(self, row: Row, person: Fields) -> None:
        address = _address(row["ref_email"])
        if address and "@" not in address:
            self.result.flagged.add((self.key("referral", row["pt_no"]), "referringProviderEmail"))
            address = ""
        person["referringProviderName"], person["referringProviderEmail"] = row["ref_nm"], address
        if address and self._provider_emails[address] == 1:
            provider = self.key("provider", self._referrers[address])
            person["referringProvider"] = Reference("person", provider)

    # What belongs to a patient

    def _appointment(self, row: Row) -> None:
        key = self.key("appointment", row["appt_id"])
        minutes = source_rows.minutes(row["dur_txt"])
        if row["dur_txt"] and minutes is None:
            self.result.flagged.add((key, "durationMinutes"))
        known = row["prov_id"] in self._providers
        fields = {
            "title": row["reason"] or "Appointment",
            "bodyV2": {"markdown": row["memo"]},
            "dueAt": self._moment(key, "dueAt", row["start_txt"]),
            "status": self._choice(key, "status", row["stat_cd"], options.TASK_STATES),
            "appointmentType": self._choice(key, "appointmentType", row["type_cd"], options.TYPES),
            "appointmentStatus": self._choice(key, "appointmentStatus", row["stat_cd"], options.STATUSES),
            "durationMinutes": minutes,
            "provider": Reference("person", self.key("provider", row["prov_id"])) if known else None,
            "assignee": self._account(self._staff.get(row["booked_by"])),
        }
        self._add("task", key, fields)
        self._target("task", key, self.key("patient", self._leads[row["pt_no"]]))

    def _medical_note(self, row: Row) -> None:
        key = self.key("medical_note", row["note_no"])
        body = row["body"] or ""
        if body.startswith("<"):
            body = "\n\n".join(words.HTML[piece] for piece in body.split("\n"))
        self._note(key, row, row["head"], body, row["enc_txt"], {"author": row["clinician"]})

    def _claim(self, row: Row) -> None:
        key = self.key("billing_claim", row["claim_no"])
        fields = {
            "name": f"Claim {row['claim_no']}",
            "claimId": str(row["claim_no"]),
            "amountBilled": values.amount(row["billed"], "USD"),
            "amountPaid": values.amount(row["paid"], "USD") if row["paid"] is not None else None,
            "payer": row["payer"],
            "claimStatus": self._choice(key, "claimStatus", row["stat_cd"], options.CLAIM_STATES),
            "serviceDate": self._day(key, "serviceDate", row["svc_txt"]),
            "patient": self._person(row["pt_no"]),
            "owner": self._account(row["entered_by"]),
        }
        self._add("billingClaim", key, fields)

    def _treatment_plan(self, row: Row) -> None:
        key = self.key("treatment_plan", row["plan_no"])
        self._note(key, row, row["head"], row["summary"], row["made_txt"], {})
        written = row["lines_json"] or "[]"
        if not written.startswith("["):
            self.result.flagged.add((key, "line"))
            return
        for line in json.loads(written):
            fields = {
                "name": line["proc"]["text"],
                "procedureCode": line["proc"]["code"],
                "startDate": self._day(key, "startDate", line["from"]),
                "endDate": self._day(key, "endDate", line["to"]),
                "patient": self._person(row["pt_no"]),
            }
            self._add("carePlan", f"{key}#line:{line['no']}", fields)

    def _lab_result(self, row: Row) -> None:
        key = self.key("lab_result", row["lab_no"])
        fields = {
            "name": row["test_nm"],
            "resultValue": row["val_txt"],
            "unit": row["unit"],
            "referenceRange": row["ref_rng"],
            "collectedAt": self._moment(key, "collectedAt", row["coll_txt"]),
            "resultStatus": self._choice(key, "resultStatus", row["stat_cd"], options.LAB_STATES),
            "patient": self._person(row["pt_no"]),
        }
        self._add("labResult", key, fields)
        if row["narrative"]:
            note = f"{key}#narrative"
            self._note(note, row, row["test_nm"], row["narrative"], row["coll_txt"], {})
            links = {"note": Reference("note", note), "labResult": Reference("labResult", key)}
            self._add("noteTarget", f"{note} -> {key}", links)

    def _document(self, row: Row) -> None:
        key, name, scan = self.key("document", row["doc_no"]), row["doc_nm"], row["scan"]
        uploaded = self._moment(key, "uploadedAt", row["up_txt"])
        self._note(key, row, name, None, row["up_txt"], {"originalFileName": name, "uploadedAt": uploaded})
        if scan is None:
            return
        if len(scan) >= source_rows.OVERSIZE_BYTES:
            self.result.oversize.add(key)
            return
        attached = {
            "name": name,
            "note": Reference("note", key),
            "fullPath": Content(len(scan), hashlib.sha256(scan).hexdigest()),
            **({"createdAt": uploaded} if uploaded else {}),
        }
        self.result.rows["attachment"][f"{key} -> {name}"] = ExpectedRow(f"{key}#file", attached)

    def _activity(self, row: Row) -> None:
        key = self.key("activity", row["act_no"])
        told = {
            "activityKind": options.KINDS[values.natural(row["kind_cd"])],
            "activityDirection": self._choice(key, "activityDirection", row["dir_cd"], options.DIRECTIONS),
        }
        if row["kind_cd"] != "MT":
            self._note(key, row, row["subj"], row["body"], row["at_txt"], told)
            return
        due = self._moment(key, "dueAt", row["at_txt"])
        body = {"markdown": row["body"]}
        self._add("task", key, {"title": row["subj"], "bodyV2": body, "dueAt": due, "status": "DONE", **told})
        self._target("task", key, self.key("patient", self._leads[row["pt_no"]]))

    def _note(self, key: str, row: Row, title: str | None, body: str | None, written: str | None, more: Fields) -> None:
        created = self._created(key, self._time(key, "createdAt", written))
        self._add("note", key, {"title": title, "bodyV2": {"markdown": body}, **more, **created})
        self._target("note", key, self.key("patient", self._leads[row["pt_no"]]))

    # Helpers

    def _one_of_each(self, object_name: str, children: Iterable[Row], order: Any) -> Iterator[Row]:
        """Of the rows of each patient the first in ``order``; what is said of a merged one is not said of the other."""
        chosen: dict[int, Row] = {}
        for row in sorted(children, key=order):
            if self._leads.get(row["pt_no"]) in (None, row["pt_no"]):
                chosen.setdefault(row["pt_no"], row)
        return self._with_patient(object_name, chosen.values(), "pt_no")

    def _with_patient(self, object_name: str, children: Iterable[Row], key: str | None = None) -> Iterator[Row]:
        """Rows of patients who are taken along, the merged too. Those of nobody wait; those of the stale stay away."""
        for row in children:
            patient = row["pt_no"]
            if patient in self._leads:
                yield row
            elif patient not in self._known:
                orphan = self.key(object_name, row[key] if key else next(iter(row.values())))
                self.result.orphans.add(orphan)
                if patient >= source_rows.NEVER_ISSUED:
                    self.result.parked.add(orphan)

    def _another(self, patient: int, named: int | None) -> Reference | None:
        """Whom a patient names. Another number of her own, merged into hers, is nobody; her own number is herself."""
        itself = named != patient and named in self._leads and self._leads[named] == self._leads[patient]
        return None if itself else self._person(named)

    def _person(self, patient: int | None) -> Reference | None:
        return Reference("person", self.key("patient", self._leads[patient])) if patient in self._leads else None

    def _account(self, written: str | None) -> Reference | None:
        address = _address(written)
        known = address in self._accounts and address in self._staff.values()
        return Reference("workspaceMember", address) if known else None

    def _time(self, key: str, name: str, written: str | None) -> datetime | None:
        """The wall clock that was written."""
        found = source_rows.parsed(written)
        if found is None and (written or "").strip():
            self.result.flagged.add((key, name))
        return found

    def _moment(self, key: str, name: str, written: str | None) -> datetime | None:
        return self._instant(key, name, self._time(key, name, written))

    def _day(self, key: str, name: str, written: str | None) -> str | None:
        found = self._time(key, name, written)
        return found.date().isoformat() if found else None


def _stale(row: Row, today: date) -> bool:
    """Whether the last visit was more than two years ago; of an unknown one nobody can say."""
    seen: date | None = row["last_visit_on"]
    return seen is not None and (seen.year + 2, seen.month, seen.day) < (today.year, today.month, today.day)


def _address(written: str | None) -> str:
    return (written or "").strip().lower()


def _latest(row: Row) -> tuple[int, int]:
    """The latest referral first; those without a date last."""
    return (-(row["ref_on"] or date.min).toordinal(), -row["ref_no"])
