"""What Twenty should hold of the practice suite, worked out from its tables."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from infra.clinics import values
from infra.clinics.advance_practice import options, words
from infra.clinics.advance_practice import rows as source_rows
from infra.clinics.clinic import Row
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
    """As ``worlds.Expecting``; what the files hold, the manifest says."""
    return _Expectation(tables, accounts, fallback_owner).result


class _Expectation(Expectation):
    system, zone = options.SYSTEM, options.ZONE
    plurals, ours_alone, owners = options.PLURALS, options.OURS_ALONE, options.OWNERS

    def __init__(self, tables: Mapping[str, list[Row]], accounts: Collection[str], fallback: str) -> None:
        super().__init__(accounts, fallback)
        self._organizations = {row["org_id"] for row in tables["orgs"]}
        self._payers = {row["payer_id"] for row in tables["payers"]}
        merges = {row["old_no"]: row["new_no"] for row in tables["chart_merges"]}
        self._leads = survivors(merges, {row["patient_no"] for row in tables["patients"]})
        self._members = {_address(row["email"]) for row in tables["providers"]} & self._accounts
        people = {row["patient_no"]: self._patient(row) for row in tables["patients"]}
        for row in tables["orgs"]:
            self._organization(row)
        for row in tables["payers"]:
            self._payer(row)
        for row in tables["providers"]:
            self._provider(row)
        for row in self._with_parents("property", tables["properties"]):
            if row["patient_no"] in people:
                self._property(row, people[row["patient_no"]])
        for row in self._with_parents("case", tables["cases"]):
            self._case(row)
        for row in self._with_parents("appointment", tables["appointments"]):
            self._appointment(row)
        for row in self._with_parents("billing_claim", tables["claims"]):
            self._claim(row)
        for row in self._with_parents("note", tables["notes"]):
            self._written(row)
        for row in self._with_parents("document", tables["documents"]):
            self._document(row)
        for row in self._with_parents("activity", tables["activities"]):
            self._activity(row)

    def _organization(self, row: Row) -> None:
        key, site = self.key("organization", row["org_id"]), row["site"] or None
        if site and " " in site:
            self.result.flagged.add((key, "domainName"))
            site = None
        fields = {
            "name": row["org_name"],
            "domainName": {"primaryLinkUrl": site} if site else None,
            "industry": "HEALTHCARE",
            "parentCompany": self._company(row["parent_id"]),
        }
        self._add("company", key, fields)

    def _payer(self, row: Row) -> None:
        key = self.key("insurance_payer", row["payer_id"])
        fields = {
            "name": row["payer_name"],
            "policyType": self._choice(key, "policyType", row["policy_type"], options.POLICY_TYPES),
            "coverageNotes": row["coverage"],
        }
        self._add("insurancePayer", key, fields)

    def _provider(self, row: Row) -> None:
        key, address = self.key("provider", row["provider_id"]), _address(row["email"])
        skills = {"specialty": row["specialty"], "credentials": row["credentials"]}
        if address in self._members:
            member = ExpectedRow(key, {"userEmail": address, **skills})
            self.result.rows["workspaceMember"][address] = member
            return
        self.result.skipped.add(key)
        name = {"firstName": row["given"], "lastName": row["family"]}
        self._add("person", key, {"name": name, "emails": Email(address), "personRole": "PROVIDER", **skills})

    def _patient(self, row: Row) -> Fields:
        key = self.key("patient", row["patient_no"])
        registered = self._instant(key, "originalCreatedAt", self._time(key, "originalCreatedAt", row["registered"]))
        payer = row["payer_id"]
        fields: Fields = {
            "name": {"firstName": row["first_nm"], "lastName": row["last_nm"]},
            "emails": self._email(key, row["email"]),
            "phones": self._phones(key, "phones", row["phone"]),
            "city": row["city"],
            "homeAddress": {
                "addressStreet1": row["street"],
                "addressCity": row["city"],
                "addressState": row["state"],
                "addressPostcode": row["zip"],
            },
            "jobTitle": row["job_title"],
            "originalCreatedAt": registered,
            "personRole": "PATIENT",
            "specialty": None,
            "payerName": row["payer_name"] if payer is None else None,
            "insurancePayer": (
                Reference("insurancePayer", self.key("insurance_payer", payer)) if payer in self._payers else None
            ),
            "company": self._company(row["org_id"]),
            "owner": self._account(row["owner_email"]),
            "referralSource": None,
            "preferredContact": None,
            "consentSigned": None,
            "insuranceGroupId": None,
        }
        self._add("person", key, fields)
        return fields

    def _property(self, row: Row, person: Fields) -> None:
        key, content = self._own_key("property", row), row["content"]
        match row["label"]:
            case "Referral source":
                person["referralSource"] = content
            case "Preferred contact":
                person["preferredContact"] = self._choice(key, "preferredContact", content, options.CONTACTS)
            case "Consent signed":
                person["consentSigned"] = self._day(key, "consentSigned", content)
            case "Insurance group ID":
                person["insuranceGroupId"] = content
            case _:
                self.result.flagged.add((key, "label"))

    def _case(self, row: Row) -> None:
        key = self.key("case", row["case_id"])
        fields = {
            "name": row["title"],
            "stage": options.STAGES[values.natural(row["status"])],
            "amount": values.amount(row["billed"], "USD") if row["billed"] is not None else None,
            "caseType": self._choice(key, "caseType", row["case_type"], options.CASE_TYPES),
            "pointOfContact": self._person(row["patient_no"]),
            "company": self._company(row["org_id"]),
            "owner": self._account(row["handler_email"]),
        }
        self._add("opportunity", key, fields)

    def _appointment(self, row: Row) -> None:
        key = self.key("appointment", row["appt_id"])
        due = self._instant(key, "dueAt", row["starts"])
        fields = {
            "title": row["subject"] or "Appointment",
            "bodyV2": {"markdown": row["memo"]},
            "dueAt": due,
            "status": options.TASK_STATES[row["status"]],
            "taskType": self._choice(key, "taskType", row["kind"], options.TASK_TYPES),
            "completionDate": due if row["status"] == "completed" else None,
            "assignee": self._account(row["provider_email"]),
        }
        self._add("task", key, fields)
        self._target("task", key, self._chart(row["patient_no"]))

    def _claim(self, row: Row) -> None:
        key = self.key("billing_claim", row["claim_id"])
        fields = {
            "name": f"Claim {row['claim_id']}",
            "claimId": str(row["claim_id"]),
            "amount": values.amount(row["amount"], "USD"),
            "claimStatus": self._choice(key, "claimStatus", row["status"], options.CLAIM_STATES),
            "claimDate": self._day(key, "claimDate", row["filed_on"]),
            "patient": self._person(row["patient_no"]),
            "practice": self._company(row["org_id"]),
        }
        self._add("billingClaim", key, fields)

    def _written(self, row: Row) -> None:
        key, body = self.key("note", row["note_id"]), row["html"] or ""
        created = self._created(key, row["written"])
        fields = {"author": row["author"], "editedAt": self._instant(key, "editedAt", row["edited"]), **created}
        for picture in words.PICTURES:
            if picture.uri in body:
                self._attach(key, picture.name, Content(len(picture.content), picture.digest), created)
        if body.startswith("<"):
            body = "\n\n".join(words.HTML[piece] for piece in body.split("\n"))
        self._note(key, row, row["heading"], body, fields)

    def _document(self, row: Row) -> None:
        key = self.key("document", row["doc_no"])
        created = self._created(key, self._time(key, "createdAt", row["stored"]))
        self._note(key, row, row["file_name"], None, created)
        if row["bytes"] >= source_rows.OVERSIZE_BYTES:
            self.result.oversize.add(key)
        else:
            self._attach(key, row["file_name"], Content(row["bytes"], row["sha256"]), created)

    def _activity(self, row: Row) -> None:
        key = self.key("activity", row["activity_id"])
        told = {
            "activityKind": options.KINDS[row["kind"]],
            "activityDirection": self._choice(key, "activityDirection", row["direction"], options.DIRECTIONS),
        }
        if row["kind"] != "meeting":
            self._note(key, {**row, "org_id": None}, row["subject"], row["body"],
                       {**told, **self._created(key, row["happened"])})  # fmt: skip
            return
        due = self._instant(key, "dueAt", row["happened"])
        body = {"markdown": row["body"]}
        self._add("task", key, {"title": row["subject"], "bodyV2": body, "dueAt": due, "status": "DONE", **told})
        self._target("task", key, self._chart(row["patient_no"]))

    # Helpers

    def _note(self, key: str, row: Row, title: str | None, body: str | None, more: Fields) -> None:
        """A note, on the patient and on the organization that the row names."""
        self._add("note", key, {"title": title, "bodyV2": {"markdown": body}, **more})
        if row["patient_no"] is not None:
            self._target("note", key, self._chart(row["patient_no"]))
        if row["org_id"] is not None:
            company = self.key("organization", row["org_id"])
            links = {"note": Reference("note", key), "company": Reference("company", company)}
            self._add("noteTarget", f"{key} -> {company}", links)

    def _attach(self, note: str, name: str, content: Content, created: Fields) -> None:
        fields = {"name": name, "note": Reference("note", note), "fullPath": content, **created}
        self.result.rows["attachment"][f"{note} -> {name}"] = ExpectedRow(note, fields)

    def _with_parents(self, object_name: str, children: Iterable[Row]) -> Iterator[Row]:
        """Rows whose patient is there, and for notes and documents their organization; the others wait."""
        for row in children:
            named: list[tuple[int | None, Collection[int]]] = [(row["patient_no"], self._leads)]
            if object_name in ("note", "document"):
                named.append((row["org_id"], self._organizations))
            missing = [number for number, known in named if number is not None and number not in known]
            if not missing:
                yield row
                continue
            key = self._own_key(object_name, row)
            self.result.orphans.add(key)
            if max(missing) >= source_rows.NEVER_ISSUED:
                self.result.parked.add(key)

    def _own_key(self, object_name: str, row: Row) -> str:
        """Of a custom property the patient and its label; of everything else the first column."""
        if object_name == "property":
            return self.key(object_name, f"{row['patient_no']}:{row['label']}")
        return self.key(object_name, next(iter(row.values())))

    def _person(self, patient: int) -> Reference:
        return Reference("person", self._chart(patient))

    def _chart(self, patient: int) -> str:
        """The key of the person that a patient's number leads to."""
        return self.key("patient", self._leads[patient])

    def _company(self, organization: int | None) -> Reference | None:
        known = organization in self._organizations
        return Reference("company", self.key("organization", organization)) if known else None

    def _account(self, written: str | None) -> Reference | None:
        address = _address(written)
        return Reference("workspaceMember", address) if address in self._members else None

    def _time(self, key: str, name: str, written: str | None) -> datetime | None:
        """The wall clock that was written."""
        found = source_rows.parsed(written)
        if found is None and written:
            self.result.flagged.add((key, name))
        return found

    def _day(self, key: str, name: str, written: str | None) -> str | None:
        found = self._time(key, name, written)
        return found.date().isoformat() if found else None


def _address(written: str | None) -> str:
    return (written or "").strip().lower()
