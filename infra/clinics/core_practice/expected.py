"""What Twenty should hold of Core Practice, worked out from its own tables."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from infra.clinics import values
from infra.clinics.clinic import Row
from infra.clinics.core_practice import options, words
from infra.clinics.core_practice import rows as source_rows
from infra.clinics.expectation import Expectation, Fields, survivors
from infra.clinics.values import Content, Email, Expected, ExpectedRow, Reference


def expected(
    tables: Mapping[str, list[Row]],
    accounts: Collection[str],
    *,
    documents: Path,
    workspace_url: str,
    fallback_owner: str,
) -> Expected:
    """As ``worlds.Expecting``."""
    return _Expectation(tables, accounts, documents, fallback_owner).result


class _Expectation(Expectation):
    system, zone = options.SYSTEM, options.ZONE
    plurals, ours_alone, owners = options.PLURALS, options.OURS_ALONE, options.OWNERS

    def __init__(
        self, tables: Mapping[str, list[Row]], accounts: Collection[str], documents: Path, fallback: str
    ) -> None:
        super().__init__(accounts, fallback)
        self._documents = documents
        self._practices = {row["practice_id"] for row in tables["practices"]}
        self._doctors = {row["doctor_id"]: (row["email"] or "").strip().lower() for row in tables["doctors"]}
        patients = [row for row in tables["patients"] if _exported(row)]
        merges = {row["merged_patient_id"]: row["kept_patient_id"] for row in tables["chart_merges"]}
        self._leads = survivors(merges, {row["patient_id"] for row in patients})
        for row in tables["practices"]:
            self._practice(row)
        people = {row["patient_id"]: self._patient(row) for row in patients if self._alone(row)}
        for row in tables["doctors"]:
            self._doctor(row)
        primary = [row for row in tables["patient_practices"] if values.natural(row["designation"]) == "primary"]
        for row in self._with_patient("patient_practice", primary):
            if row["practice_id"] in self._practices and self._alone(row):
                practice = Reference("company", self.key("practice", row["practice_id"]))
                people[row["patient_id"]]["company"] = practice
        for row in self._with_patient("appointment", tables["appointments"]):
            self._appointment(row)
        for row in self._with_patient("treatment_plan", tables["treatment_plans"]):
            self._treatment_plan(row)
        invoices = {row["invoice_id"]: row for row in self._with_patient("invoice", tables["invoices"])}
        bills = {number: self._invoice(row) for number, row in invoices.items()}
        for row in tables["billing"]:
            self._billing(row, bills.get(row["invoice_id"]))
        self._balances(tables["invoices"], {row["invoice_id"]: row["outstanding"] for row in tables["billing"]}, people)
        for row in self._with_patient("insurance_claim", tables["insurance_claims"]):
            self._claim(row)
        for row in self._with_patient("clinical_note", tables["clinical_notes"]):
            self._clinical_note(row)
        for row in self._with_patient("document", tables["documents"]):
            self._document(row)
        for row in self._with_patient("activity", tables["activities"]):
            self._activity(row)

    # Companies and people

    def _practice(self, row: Row) -> None:
        group = row["group_name"]
        group_key = self.key("~group", values.natural(group)) if group else ""
        if group and group_key not in self.result.rows["company"]:
            self._add("company", group_key, {"name": group, "parentCompany": None})
        key = self.key("practice", row["practice_id"])
        fields: Fields = {
            "name": row["practice_name"],
            "address": {
                "addressStreet1": row["first_address"],
                "addressCity": row["city"],
                "addressState": _state(row["state"]),
                "addressPostcode": row["postal_code"],
            },
            "companyPhones": self._phones(key, "companyPhones", row["phone"]),
            "parentCompany": Reference("company", group_key) if group else None,
        }
        self._add("company", key, fields)

    def _patient(self, row: Row) -> Fields:
        number = row["patient_id"]
        key = self.key("patient", number)
        if not row["practice_id"]:
            self.result.flagged.add((key, "practiceNumber"))
        responsible = row["responsible_id"]
        fields: Fields = {
            "name": {"firstName": row["first_name"], "lastName": row["last_name"]},
            "emails": self._address_or_placeholder(key, number, row["email"]),
            "phones": self._phones(key, "phones", row["mobile"]),
            "city": row["patient_city"],
            "homeAddress": self._home(key, row),
            "dateOfBirth": self._day(key, "dateOfBirth", row["dob"]),
            "sourcePatientId": str(number),
            "practiceNumber": row["practice_id"],
            "personRole": "PATIENT",
            "doctorSpecialization": None,
            "company": None,
            "outstandingBalance": None,
            "responsibleParty": self._another(number, responsible),
            **self._created(key, self._time(key, "createdAt", row["registered_at"])),
        }
        self._add("person", key, fields)
        return fields

    def _address_or_placeholder(self, key: str, number: int, written: str | None) -> Email:
        found = self._email(key, written)
        if found.address:
            return found
        self.result.flagged.add((key, "emails"))
        digest = hashlib.blake2b(f"person\0{number}".encode(), digest_size=10, person=b"dualrun-address")
        return Email(f"person-{digest.hexdigest()}@core-practice.invalid")

    def _home(self, key: str, row: Row) -> Fields:
        written = values.natural(row["patient_country"])
        country = options.COUNTRIES.get(written)
        if written and country is None:
            self.result.flagged.add((key, "homeAddress.addressCountry"))
        state, postcode = row["patient_state"], row["patient_postal_code"]
        if written and country is None:
            # of a country that is none nobody can say what its states are
            postcode = postcode.upper()
        elif country == "CA":
            postcode = postcode.upper()
        else:
            state = _state(state)
            if state not in words.STATES:
                self.result.flagged.add((key, "homeAddress.addressState"))
                state = ""
            if not postcode.replace("-", "").isdigit() or len(postcode) not in (5, 10):
                self.result.flagged.add((key, "homeAddress.addressPostcode"))
                postcode = ""
        return {
            "addressStreet1": row["first_address"],
            "addressCity": row["patient_city"],
            "addressState": state,
            "addressPostcode": postcode,
            "addressCountry": country,
        }

    def _doctor(self, row: Row) -> None:
        key, address = self.key("doctor", row["doctor_id"]), self._doctors[row["doctor_id"]]
        chosen = self._choice(key, "doctorSpecialization", row["specialization"], options.SPECIALIZATIONS)
        fields = {
            "name": {"firstName": row["first_name"], "lastName": row["last_name"]},
            "emails": Email(address),
            "personRole": "DOCTOR",
            "doctorSpecialization": chosen,
            "sourcePatientId": None,
        }
        self._add("person", key, fields)
        if address in self._accounts:
            account = ExpectedRow(f"{key}#account", {"userEmail": address})
            self.result.rows["workspaceMember"][address] = account

    # What belongs to a patient

    def _appointment(self, row: Row) -> None:
        key = self.key("appointment", row["appointment_id"])
        account = self._doctors.get(row["doctor_id"])
        fields = {
            "title": row["appointment_type"] or "Appointment",
            "bodyV2": {"markdown": row["remarks"]},
            "dueAt": self._moment(key, "dueAt", row["starts_at"]),
            "status": self._choice(key, "status", row["status"], options.TASK_STATES),
            "appointmentType": self._choice(key, "appointmentType", row["appointment_type"], options.TYPES),
            "appointmentStatus": self._choice(key, "appointmentStatus", row["status"], options.STATUSES),
            "procedureCodes": self._procedures(key, row["procedure_codes"]),
            "doctor": self._attending(row["doctor_id"]),
            "assignee": Reference("workspaceMember", account) if account in self._accounts else None,
        }
        self._add("task", key, fields)
        self._target("task", key, self._chart(row["patient_id"]))

    def _procedures(self, key: str, written: str | None) -> list[str]:
        codes = [code.strip() for code in (written or "").split(";") if code.strip()]
        if not set(codes) <= set(options.PROCEDURES):
            self.result.flagged.add((key, "procedureCodes"))
        return [code for code in options.PROCEDURES if code in codes]

    def _treatment_plan(self, row: Row) -> None:
        key = self.key("treatment_plan", row["plan_id"])
        fields = {
            "name": f"Plan {row['plan_id']}",
            "procedureName": row["procedure_name"],
            "treatmentStatus": self._choice(key, "treatmentStatus", row["status"], options.PLAN_STATES),
            "estimatedCost": self._money(key, "estimatedCost", row["estimated_cost"]),
            "patient": self._person(row["patient_id"]),
        }
        self._add("treatmentPlan", key, fields)

    def _invoice(self, row: Row) -> Fields:
        key = self.key("invoice", row["invoice_id"])
        fields: Fields = {
            "name": f"Invoice {row['invoice_number']}",
            "invoiceNumber": row["invoice_number"],
            "invoiceDate": self._day(key, "invoiceDate", row["invoice_date"]),
            "total": self._money(key, "total", row["total"]),
            "invoiceStatus": self._choice(key, "invoiceStatus", row["status"], options.INVOICE_STATES),
            "outstandingBalance": None,
            "lastPaymentOn": None,
            "patient": self._person(row["patient_id"]),
        }
        self._add("invoice", key, fields)
        written = row["line_items"] or "[]"
        if not written.startswith("["):
            self.result.flagged.add((key, "line"))
            return fields
        for line in json.loads(written):
            item = {
                "name": line["description"],
                "procedureCode": line["code"],
                "fee": values.amount(Decimal(line["fee"]), "USD") if line["fee"] else None,
                "invoice": Reference("invoice", key),
            }
            self._add("invoiceLine", f"{key}#line:{line['line']}", item)
        return fields

    def _billing(self, row: Row, invoice: Fields | None) -> None:
        key = self.key("billing", row["invoice_id"])
        if invoice is None:
            self.result.orphans.add(key)
            return
        invoice["outstandingBalance"] = self._money(key, "outstandingBalance", row["outstanding"])
        invoice["lastPaymentOn"] = self._day(key, "lastPaymentOn", row["last_payment"])

    def _balances(self, invoices: list[Row], left: Mapping[int, str | None], people: Mapping[int, Fields]) -> None:
        """What patients owe: the amounts of their invoices that are amounts, together."""
        owed: dict[int, Decimal] = {}
        for invoice in invoices:
            if invoice["invoice_id"] in left:
                written = (left[invoice["invoice_id"]] or "").strip()
                amount = Decimal(written) if written.replace(".", "").isdigit() else Decimal(0)
                owed[invoice["patient_id"]] = owed.get(invoice["patient_id"], Decimal(0)) + amount
        for row in self._with_patient("patient_balance", [{"patient_id": number} for number in owed]):
            if self._alone(row):
                people[row["patient_id"]]["outstandingBalance"] = values.amount(owed[row["patient_id"]], "USD")

    def _claim(self, row: Row) -> None:
        key = self.key("insurance_claim", row["claim_id"])
        fields = {
            "name": f"Claim {row['claim_id']}",
            "claimId": str(row["claim_id"]),
            "amount": self._money(key, "amount", row["amount"]),
            "claimDate": self._day(key, "claimDate", row["claim_date"]),
            "providerName": row["provider_name"],
            "serviceCode": row["service_code"],
            "payer": row["payer"],
            "claimStatus": self._choice(key, "claimStatus", row["status"], options.CLAIM_STATES),
            "patient": self._person(row["patient_id"]),
        }
        self._add("insuranceClaim", key, fields)

    def _clinical_note(self, row: Row) -> None:
        key = self.key("clinical_note", row["note_id"])
        told = {
            "originalNoteId": str(row["note_id"]),
            "writtenAt": self._moment(key, "writtenAt", row["written_at"]),
            "changedAt": self._moment(key, "changedAt", row["edited_at"]),
            "doctorName": row["doctor_name"],
            "noteVisibility": self._choice(key, "noteVisibility", row["visibility"], options.VISIBILITIES),
            "doctor": self._attending(row["doctor_id"]),
        }
        self._note(key, row, row["subject"], row["body"], row["written_at"], told)

    def _document(self, row: Row) -> None:
        key, name = self.key("document", row["document_id"]), row["file_name"]
        large = row["size_bytes"] >= source_rows.OVERSIZE_BYTES
        link = {"primaryLinkUrl": row["viewer_url"]} if large else None
        self._note(key, row, name, None, row["uploaded_at"], {"imagingLink": link})
        if large:
            return
        content = (self._documents / row["path"]).read_bytes()
        attached = {
            "name": name,
            "note": Reference("note", key),
            "fullPath": Content(len(content), hashlib.sha256(content).hexdigest()),
            **self._created(key, self._time(key, "createdAt", row["uploaded_at"])),
        }
        self.result.rows["attachment"][f"{key} -> {name}"] = ExpectedRow(f"{key}#file", attached)

    def _activity(self, row: Row) -> None:
        key = self.key("activity", row["activity_id"])
        told = {
            "activityKind": options.KINDS[values.natural(row["kind"])],
            "activityDirection": self._choice(key, "activityDirection", row["direction"], options.DIRECTIONS),
        }
        if row["kind"] != "Meeting":
            self._note(key, row, row["subject"], row["body"], row["happened_at"], told)
            return
        due = self._moment(key, "dueAt", row["happened_at"])
        body = {"markdown": row["body"]}
        self._add("task", key, {"title": row["subject"], "bodyV2": body, "dueAt": due, "status": "DONE", **told})
        self._target("task", key, self._chart(row["patient_id"]))

    def _note(self, key: str, row: Row, title: str | None, body: str | None, written: str | None, more: Fields) -> None:
        created = self._created(key, self._time(key, "createdAt", written))
        self._add("note", key, {"title": title, "bodyV2": {"markdown": body}, **more, **created})
        self._target("note", key, self._chart(row["patient_id"]))

    # Helpers

    def _with_patient(self, object_name: str, children: Iterable[Row]) -> Iterator[Row]:
        """Rows of patients who were ever exported, or merged into one who was; those of the others wait."""
        for row in children:
            if row["patient_id"] in self._leads:
                yield row
                continue
            orphan = self.key(object_name, next(iter(row.values())))
            self.result.orphans.add(orphan)
            self.result.parked.add(orphan)

    def _another(self, patient: int, named: int | None) -> Reference | None:
        """Whom a patient names. Another number of her own, merged into hers, is nobody; her own number is herself."""
        itself = named != patient and named in self._leads and self._leads[named] == self._leads[patient]
        return None if itself else self._person(named)

    def _person(self, patient: int | None) -> Reference | None:
        return Reference("person", self._chart(patient)) if patient is not None and patient in self._leads else None

    def _chart(self, patient: int) -> str:
        """The key of the person that a patient is in Twenty."""
        return self.key("patient", self._leads[patient])

    def _alone(self, row: Row) -> bool:
        """Whether what a row says of its patient is said of a person: of one who was merged it is not."""
        leads_to: int = self._leads[row["patient_id"]]
        return leads_to == int(row["patient_id"])

    def _attending(self, doctor: str | None) -> Reference | None:
        return Reference("person", self.key("doctor", doctor)) if doctor in self._doctors else None

    def _money(self, key: str, name: str, written: str | None) -> dict[str, Any] | None:
        plain = (written or "").strip()
        if plain.replace(".", "").isdigit():
            return values.amount(Decimal(plain), "USD")
        if plain:
            self.result.flagged.add((key, name))
        return None

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


def _exported(patient: Row) -> bool:
    """Whether the patient was in an export: then they stay in Twenty, archived or not."""
    return patient["archived_on"] is None or patient["archived_on"] >= source_rows.FIRST_EXPORT


def _state(written: str) -> str:
    """The code, whether it or the name is written; what is neither stays as it is."""
    names = {values.natural(name): code for code, name in words.STATES.items()}
    return names.get(values.natural(written), written.upper())
