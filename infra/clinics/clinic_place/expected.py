"""What Twenty should hold of The Clinic Place, worked out from its tables."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from infra.clinics import values
from infra.clinics.clinic import Row
from infra.clinics.clinic_place import options
from infra.clinics.clinic_place import rows as source_rows
from infra.clinics.expectation import Expectation, Fields
from infra.clinics.values import Content, Expected, ExpectedRow, RecordPage, Reference


def expected(
    tables: Mapping[str, list[Row]],
    accounts: Collection[str],
    *,
    documents: Path,
    workspace_url: str,
    fallback_owner: str,
) -> Expected:
    """As ``worlds.Expecting``."""
    return _Expectation(tables, accounts, documents, workspace_url, fallback_owner).result


class _Expectation(Expectation):
    system, zone = options.SYSTEM, options.ZONE
    plurals, ours_alone, owners = options.PLURALS, options.OURS_ALONE, options.OWNERS

    def __init__(
        self, tables: Mapping[str, list[Row]], accounts: Collection[str], documents: Path, url: str, fallback: str
    ) -> None:
        super().__init__(accounts, fallback)
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
        key = self.key("patient", row["patient_id"])
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
                "addressCountry": self._choice(key, "homeAddress.addressCountry", row["country"], options.COUNTRIES),
            },
            "dateOfBirth": self._birth_date(key, row["date_of_birth"]),
            "patientId": row["patient_id"],
            "personRole": "PATIENT",
            "billingStatus": self._choice(key, "billingStatus", row["billing_status"], options.BILLING),
            "insuranceProvider": insurer,
            "practice": None,
            "primaryInsurer": options.company("carrier", insurer),
            "clinicLocation": options.company("location", row["location_name"]),
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
            fields["referringPhysician"] = Reference("person", self.key("physician", referring))
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
            "carrier": options.company("carrier", insurer),
        }
        self._add("coverage", f"{patient}#coverage:{values.natural(insurer)}", fields)

    def _companies(self, patients: Iterable[Row]) -> None:
        """Each carrier and location as the row that changed last writes it."""
        for row in sorted(patients, key=lambda row: (row["updated_at"], row["patient_id"])):
            for place in (1, 2):
                if insurer := options.company("carrier", row[f"insurer_{place}"]):
                    self._add("company", insurer.key, {"name": row[f"insurer_{place}"], "insuranceCarrier": True})
            if not (location := options.company("location", row["location_name"])):
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
            key, fields = self.key("emergency_contact", row["contact_id"]), people[row["patient_id"]]
            fields["emergencyContactName"] = row["name"]
            fields["emergencyContactPhone"] = self._phones(key, "emergencyContactPhone", row["phone"])
            fields["emergencyContactRelation"] = row["relation"]
            matches = named.get((values.natural(row["name"]), values.digits(row["phone"]) or ""), [])
            if len(matches) == 1 and matches != [row["patient_id"]]:
                fields["emergencyContact"] = Reference("person", self.key("patient", matches[0]))
            else:
                self.result.unresolved.add((key, "emergencyContact"))

    def _physician(self, row: Row) -> None:
        key = self.key("physician", row["physician_id"])
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
        key = self.key("staff", row["staff_id"])
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
        key, staff = self.key("appointment", row["appointment_id"]), row["staff_id"]
        status = self._choice(key, "appointmentStatus", row["status"], options.STATUSES)
        fields = {
            "title": row["type"] or "Appointment",
            "bodyV2": {"markdown": row["note"]},
            "dueAt": self._instant(key, "dueAt", row["starts_at"]),
            "status": options.TASK_STATES.get(values.natural(row["status"])),
            "appointmentType": self._choice(key, "appointmentType", row["type"], options.TYPES),
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
        self._target("task", key, self.key("patient", row["patient_id"]))

    def _clinical_note(self, row: Row) -> None:
        key = self.key("clinical_note", row["note_id"])
        fields = {
            "title": row["title"],
            "bodyV2": {"markdown": row["body"]},
            "noteType": self._choice(key, "noteType", row["kind"], options.NOTE_TYPES),
            "author": row["author"],
            **self._created(key, row["written_at"]),
        }
        self._add("note", key, fields)
        self._target("note", key, self.key("patient", row["patient_id"]))

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
            "patient": Reference("person", self.key("patient", row["patient_id"])),
        }
        self._add("payment", self.key("invoice", row["invoice_id"]), fields)

    def _activity(self, row: Row) -> None:
        key = self.key("activity", row["activity_id"])
        fields = {
            "title": row["subject"],
            "bodyV2": {"markdown": row["body"]},
            "activityKind": options.KINDS[row["kind"]],
            "activityDirection": self._choice(key, "activityDirection", row["direction"], options.DIRECTIONS),
        }
        if row["kind"] == "meeting":
            fields["status"] = "DONE"
            fields["dueAt"] = self._instant(key, "dueAt", row["happened_at"])
        else:
            fields.update(self._created(key, row["happened_at"]))
        target = "task" if row["kind"] == "meeting" else "note"
        self._add(target, key, fields)
        self._target(target, key, self.key("patient", row["patient_id"]))

    def _document(self, row: Row) -> None:
        key = self.key("document", row["document_id"])
        created = self._created(key, row["uploaded_at"])
        fields = {
            "title": row["file_name"],
            "hasAttachment": True,
            "attachmentUrl": RecordPage(self._page),
            "documentKind": row["kind"],
            **created,
        }
        self._add("note", key, fields)
        self._target("note", key, self.key("patient", row["patient_id"]))
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

    def _with_parent(self, object_name: str, children: Iterable[Row]) -> Iterable[Row]:
        for row in children:
            if row["patient_id"] in self._patients:
                yield row
            else:
                self._orphan(object_name, next(iter(row.values())), row["patient_id"])

    def _orphan(self, object_name: str, record_id: object, patient: str) -> None:
        key = self.key(object_name, record_id)
        self.result.orphans.add(key)
        if int(patient.removeprefix("P-")) >= source_rows.NEVER_ISSUED:
            self.result.parked.add(key)

    def _birth_date(self, key: str, written: str | None) -> str | None:
        if not written:
            return None
        try:
            return datetime.strptime(written, "%Y-%m-%d").date().isoformat()  # noqa: DTZ007  # a date has no zone
        except ValueError:
            self.result.flagged.add((key, "dateOfBirth"))
            return None
