"""What Twenty should hold when everything has arrived, worked out from the source's tables alone.

Nothing here is shared with the pipeline: neither the mapping nor a converter nor a rule of hold. It knows the agreed
targets, what the generator writes, and how Twenty 1.10 stores values.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from infra.clinic import rows as source_rows
from infra.clinic import values
from infra.clinic.generator import KEYS
from infra.clinic.rows import Row
from infra.clinic.values import Content, Email, Expected, ExpectedRow, RecordPage, Reference

Fields = dict[str, Any]


def expected(
    connection: psycopg.Connection[Any],
    accounts: Collection[str],
    *,
    documents: Path,
    workspace_url: str,
    fallback_owner: str,
) -> Expected:
    """Expectations from one snapshot of the source.

    connection: to the clinic's database, outside of a transaction. accounts: e-mails of Twenty's members.
    documents: where the documents' files lie. workspace_url: where people open Twenty. fallback_owner: e-mail of the
    member who answers for a record that nobody else does.
    """
    tables: dict[str, list[Row]] = {}
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute("set transaction isolation level repeatable read, read only")
        for table, key in KEYS.items():
            query = sql.SQL("select * from {} order by {}").format(sql.Identifier(table), sql.Identifier(key))
            tables[table] = cursor.execute(query).fetchall()
    members = {address.strip().lower() for address in accounts}
    return _Expectation(tables, members, documents, workspace_url, fallback_owner).result


class _Expectation:
    def __init__(
        self, tables: Mapping[str, list[Row]], accounts: Collection[str], documents: Path, url: str, fallback: str
    ) -> None:
        self.result = Expected()
        self._fallback = Reference("workspaceMember", fallback)
        self._accounts = accounts
        self._documents = documents
        self._page = f"{url.rstrip('/')}/object/note/"
        self._patients = {row["patient_id"] for row in tables["patients"]}
        self._physicians = {row["physician_id"] for row in tables["physicians"]}
        self._members = {row["staff_id"]: (row["email"] or "").strip().lower() for row in tables["staff"]}
        self._companies(tables["patients"])
        people = {row["patient_id"]: self._patient(row) for row in tables["patients"]}
        self._balances(tables["invoices"], people)
        self._contacts(tables["emergency_contacts"], tables["patients"], people)
        for row in tables["physicians"]:
            self._physician(row)
        for row in tables["staff"]:
            self._staff(row)
        for row in self._with_parent("appointment", tables["appointments"]):
            self._appointment(row)
        for row in self._with_parent("clinical_note", tables["clinical_notes"]):
            self._clinical_note(row)
        for row in self._with_parent("invoice", tables["invoices"]):
            self._invoice(row)
        for row in self._with_parent("activity", tables["activities"]):
            self._activity(row)
        for row in self._with_parent("document", tables["documents"]):
            self._document(row)

    # People and companies

    def _patient(self, row: Row) -> Fields:
        key = values.record_key("patient", row["patient_id"])
        insurer = row[f"insurer_{row['primary_insurer']}"] if row["primary_insurer"] else None
        referring = row["referring_physician_id"]
        fields: Fields = {
            "name": {"firstName": row["first_name"], "lastName": row["last_name"]},
            "emails": self._email(key, row["email"]),
            "phones": self._phones(key, "phones", row["phone"]),
            "city": row["city"],
            "homeAddress": {
                "addressStreet1": row["street"],
                "addressCity": row["city"],
                "addressState": row["state"],
                "addressPostcode": row["postcode"],
                "addressCountry": self._choice(key, "homeAddress.addressCountry", row["country"], values.COUNTRIES),
            },
            "dateOfBirth": self._birth_date(key, row["date_of_birth"]),
            "patientId": row["patient_id"],
            "personRole": "PATIENT",
            "billingStatus": self._choice(key, "billingStatus", row["billing_status"], values.BILLING),
            "insuranceProvider": insurer,
            "practice": None,
            "primaryInsurer": values.company("carrier", insurer),
            "clinicLocation": values.company("location", row["location_name"]),
            "referringPhysician": None,
            "outstandingBalance": None,
            "overdueBalance": None,
            "emergencyContactName": None,
            "emergencyContactPhone": None,
            "emergencyContactRelation": None,
            "emergencyContact": None,
            **self._created(key, row["created_at"]),
        }
        if referring in self._physicians:
            fields["referringPhysician"] = Reference("person", values.record_key("physician", referring))
        elif referring:
            self.result.unresolved.add((key, "referringPhysician"))
        self._add("person", key, fields)
        for place in (1, 2):
            self._coverage(key, row, place)
        return fields

    def _coverage(self, patient: str, row: Row, place: int) -> None:
        insurer, plan = row[f"insurer_{place}"], row[f"plan_{place}"]
        if not values.natural(insurer):
            return
        fields = {
            "name": f"{insurer} – {plan}",  # the agreed separator is an en dash
            "planName": plan,
            "policyNumber": row[f"policy_{place}"],
            "isPrimary": row["primary_insurer"] == place,
            "patient": Reference("person", patient),
            "carrier": values.company("carrier", insurer),
        }
        self._add("coverage", f"{patient}#coverage:{values.natural(insurer)}", fields)

    def _companies(self, patients: Iterable[Row]) -> None:
        """Each carrier and location as the row that changed last writes it."""
        for row in sorted(patients, key=lambda row: (row["updated_at"], row["patient_id"])):
            for place in (1, 2):
                if insurer := values.company("carrier", row[f"insurer_{place}"]):
                    self._add("company", insurer.key, {"name": row[f"insurer_{place}"], "insuranceCarrier": True})
            if not (location := values.company("location", row["location_name"])):
                continue
            self.result.flagged.discard((location.key, "companyPhones"))
            fields = {
                "name": row["location_name"],
                "address": {
                    "addressStreet1": row["location_street"],
                    "addressCity": row["location_city"],
                    "addressState": row["location_state"],
                    "addressPostcode": row["location_postcode"],
                },
                "companyPhones": self._phones(location.key, "companyPhones", row["location_phone"]),
                "operatingHours": row["location_hours"],
                "isHeadquarters": bool(row["location_is_hq"]),
                "insuranceCarrier": False,
            }
            self._add("company", location.key, fields)

    def _balances(self, invoices: Iterable[Row], people: Mapping[str, Fields]) -> None:
        billed: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for row in invoices:
            open_amount = row["amount_billed"] - row["amount_paid"]
            billed[row["patient_id"], "outstandingBalance"] += open_amount
            billed[row["patient_id"], "overdueBalance"] += open_amount if row["status"] == "overdue" else 0
        for (patient, name), amount in billed.items():
            if patient in people:
                people[patient][name] = values.amount(amount, source_rows.currency(patient))
            else:
                self._orphan("patient_balance", patient, patient)

    def _contacts(self, contacts: Iterable[Row], patients: Iterable[Row], people: Mapping[str, Fields]) -> None:
        """Whoever is called is linked where exactly one patient has that name and phone, and is not the caller."""
        named: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for row in patients:
            if digits := values.digits(row["phone"]):
                named[values.natural(f"{row['first_name']} {row['last_name']}"), digits].append(row["patient_id"])
        for row in self._with_parent("emergency_contact", contacts):
            key, fields = values.record_key("emergency_contact", row["contact_id"]), people[row["patient_id"]]
            fields["emergencyContactName"] = row["name"]
            fields["emergencyContactPhone"] = self._phones(key, "emergencyContactPhone", row["phone"])
            fields["emergencyContactRelation"] = row["relation"]
            matches = named.get((values.natural(row["name"]), values.digits(row["phone"]) or ""), [])
            if len(matches) == 1 and matches != [row["patient_id"]]:
                fields["emergencyContact"] = Reference("person", values.record_key("patient", matches[0]))
            else:
                self.result.unresolved.add((key, "emergencyContact"))

    def _physician(self, row: Row) -> None:
        key = values.record_key("physician", row["physician_id"])
        fields = {
            "name": {"firstName": row["first_name"], "lastName": row["last_name"]},
            "emails": self._email(key, row["email"]),
            "phones": self._phones(key, "phones", row["phone"]),
            "practice": row["practice"],
            "personRole": "REFERRING_PHYSICIAN",
            "patientId": None,
        }
        self._add("person", key, fields)

    def _staff(self, row: Row) -> None:
        key = values.record_key("staff", row["staff_id"])
        if self._members[row["staff_id"]] not in self._accounts:
            self.result.skipped.add(key)
            return
        fields = {
            "specialty": row["specialty"],
            "licenceNumber": row["licence_number"],
            "clinicLocationName": row["location_name"],
        }
        self.result.rows["workspaceMember"][self._members[row["staff_id"]]] = ExpectedRow(key, fields)

    # What belongs to a patient

    def _appointment(self, row: Row) -> None:
        key, staff = values.record_key("appointment", row["appointment_id"]), row["staff_id"]
        status = self._choice(key, "appointmentStatus", row["status"], values.STATUSES)
        fields = {
            "title": row["type"] or "Appointment",
            "bodyV2": {"markdown": row["note"]},
            "dueAt": self._instant(key, "dueAt", row["starts_at"]),
            "status": values.TASK_STATES.get(values.natural(row["status"])),
            "appointmentType": self._choice(key, "appointmentType", row["type"], values.TYPES),
            "appointmentStatus": status,
            "durationMinutes": row["duration_minutes"],
            "providerStaffId": staff,
            "assignee": None,
        }
        if self._members.get(staff) in self._accounts:
            fields["assignee"] = Reference("workspaceMember", self._members[staff])
        elif staff:
            self.result.unresolved.add((key, "assignee"))
        self._add("task", key, fields)
        self._target("task", key, row)

    def _clinical_note(self, row: Row) -> None:
        key = values.record_key("clinical_note", row["note_id"])
        fields = {
            "title": row["title"],
            "bodyV2": {"markdown": row["body"]},
            "noteType": self._choice(key, "noteType", row["kind"], values.NOTE_TYPES),
            "author": row["author"],
            **self._created(key, row["written_at"]),
        }
        self._add("note", key, fields)
        self._target("note", key, row)

    def _invoice(self, row: Row) -> None:
        billed, paid, currency = row["amount_billed"], row["amount_paid"], row["currency"]
        fields = {
            "name": row["invoice_number"],
            "invoiceNumber": row["invoice_number"],
            "amountBilled": values.amount(billed, currency),
            "amountPaid": values.amount(paid, currency),
            "balanceDue": values.amount(billed - paid, currency),
            "paymentDate": row["payment_date"].isoformat() if row["payment_date"] else None,
            "paymentMethod": row["payment_method"],
            "invoiceStatus": row["status"],
            "patient": Reference("person", values.record_key("patient", row["patient_id"])),
        }
        self._add("payment", values.record_key("invoice", row["invoice_id"]), fields)

    def _activity(self, row: Row) -> None:
        key = values.record_key("activity", row["activity_id"])
        fields = {
            "title": row["subject"],
            "bodyV2": {"markdown": row["body"]},
            "activityKind": values.KINDS[row["kind"]],
            "activityDirection": self._choice(key, "activityDirection", row["direction"], values.DIRECTIONS),
        }
        if row["kind"] == "meeting":
            fields["status"] = "DONE"
            fields["dueAt"] = self._instant(key, "dueAt", row["happened_at"])
        else:
            fields.update(self._created(key, row["happened_at"]))
        target = "task" if row["kind"] == "meeting" else "note"
        self._add(target, key, fields)
        self._target(target, key, row)

    def _document(self, row: Row) -> None:
        key = values.record_key("document", row["document_id"])
        created = self._created(key, row["uploaded_at"])
        fields = {
            "title": row["file_name"],
            "hasAttachment": True,
            "attachmentUrl": RecordPage(self._page),
            "documentKind": row["kind"],
            **created,
        }
        self._add("note", key, fields)
        self._target("note", key, row)
        if row["size_bytes"] >= source_rows.OVERSIZE_BYTES:
            self.result.oversize.add(key)
            return
        content = (self._documents / row["path"]).read_bytes()
        attached = {
            "name": row["file_name"],
            "note": Reference("note", key),
            "fullPath": Content(len(content), hashlib.sha256(content).hexdigest()),
            **created,
        }
        self.result.rows["attachment"][f"{key} -> {row['file_name']}"] = ExpectedRow(f"{key}#file", attached)

    # Helpers

    def _add(self, target: str, key: str, fields: Fields) -> None:
        if target in values.OWNERS:
            fields[values.OWNERS[target]] = fields.get(values.OWNERS[target]) or self._fallback
        self.result.rows[target][key] = ExpectedRow(key, fields)

    def _target(self, kind: str, key: str, row: Row) -> None:
        person = values.record_key("patient", row["patient_id"])
        fields = {kind: Reference(kind, key), "person": Reference("person", person)}
        self._add(f"{kind}Target", f"{key} -> {person}", fields)

    def _with_parent(self, object_name: str, children: Iterable[Row]) -> Iterable[Row]:
        for row in children:
            if row["patient_id"] in self._patients:
                yield row
            else:
                self._orphan(object_name, next(iter(row.values())), row["patient_id"])

    def _orphan(self, object_name: str, record_id: object, patient: str) -> None:
        key = values.record_key(object_name, record_id)
        self.result.orphans.add(key)
        if int(patient.removeprefix("P-")) >= source_rows.NEVER_ISSUED:
            self.result.parked.add(key)

    def _email(self, key: str, written: str | None) -> Email:
        address = (written or "").strip().lower()
        if address and not re.fullmatch(r"[a-z0-9.]+@[a-z.]+", address):
            self.result.flagged.add((key, "emails"))
            return Email("")
        return Email(address)

    def _phones(self, key: str, name: str, written: str | None) -> Fields | None:
        """As Twenty splits a number: the national digits, the country, the calling code."""
        digits = values.digits(written)
        if digits:
            return {"primaryPhoneNumber": digits, "primaryPhoneCountryCode": "US", "primaryPhoneCallingCode": "+1"}
        if (written or "").strip():
            self.result.flagged.add((key, name))
        return None

    def _choice(self, key: str, name: str, written: str | None, options: Mapping[str, str]) -> str | None:
        chosen = options.get(values.natural(written))
        if chosen is None and values.natural(written):
            self.result.flagged.add((key, name))
        return chosen

    def _birth_date(self, key: str, written: str | None) -> str | None:
        if not written:
            return None
        try:
            return datetime.strptime(written, "%Y-%m-%d").date().isoformat()  # noqa: DTZ007  # a date has no zone
        except ValueError:
            self.result.flagged.add((key, "dateOfBirth"))
            return None

    def _created(self, key: str, wall_clock: datetime | None) -> Fields:
        """Where the source knows no time, Twenty's own stands and nothing is expected."""
        return {"createdAt": self._instant(key, "createdAt", wall_clock)} if wall_clock else {}

    def _instant(self, key: str, name: str, wall_clock: datetime | None) -> datetime | None:
        if wall_clock is None:
            return None
        instant, doubtful = values.instant(wall_clock)
        if doubtful:
            self.result.flagged.add((key, name))
        return instant
