"""What Twenty should hold of Jiva, worked out from its tables."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from infra.clinics.clinic import Row
from infra.clinics.expectation import Expectation, Fields, survivors
from infra.clinics.jiva import options, words
from infra.clinics.jiva import rows as source_rows
from infra.clinics.values import Content, Expected, ExpectedRow, Reference


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
        self._coordinators = {row["id"]: row["email"].strip().lower() for row in tables["coordinators"]}
        replaced = {self.key("member", row["id"]): row["replaced_by"] for row in tables["members"]}
        merges = {key: self.key("member", by) if by else None for key, by in replaced.items()}
        self._leads = survivors(merges, replaced)
        """Key of a record that is there -> key of the record in Twenty that it is."""
        for name, table in (("organization", "organizations"), ("payer", "payers")):
            self._leads.update({(key := self.key(name, row["id"])): key for row in tables[table]})
        for row in tables["organizations"]:
            self._organization(row)
        for row in tables["payers"]:
            self._payer(row)
        for row in tables["coordinators"]:
            self._member(row)
        for row in tables["members"]:
            key = self.key("member", row["id"])
            if self._leads[key] == key:
                self._person(row)
        for row in self._of_members("care_plan", tables["care_plans"]):
            self._care_plan(row)
        for row in self._of_members("authorization", tables["authorizations"]):
            self._authorization(row)
        for row in self._of_members("assessment", tables["assessments"]):
            self._assessment(row)
        for row in self._of_members("encounter", tables["encounters"]):
            self._encounter(row)
        for row in self._of_members("action_item", tables["action_items"]):
            self._action_item(row)
        for row in self._of_members("activity", tables["activities"]):
            self._activity(row)
        for row, target, about in self._about("clinical_note", tables["clinical_notes"]):
            self._clinical_note(row, target, about)
        for row, target, about in self._about("attachment", tables["attachments"]):
            self._attachment(row, target, about)

    # Companies and people

    def _organization(self, row: Row) -> None:
        key = self.key("organization", row["id"])
        fields = {
            "name": row["name"],
            "companyType": "PROVIDER",
            "providerType": self._choice(key, "providerType", row["provider_type"], options.PROVIDER_TYPES),
            "networkAffiliation": self._choice(key, "networkAffiliation", row["network"], options.NETWORKS),
            "stateLicensing": self._chosen(key, "stateLicensing", row["licensed_states"], options.STATES),
            "companyPhones": self._phones(key, "companyPhones", row["phone"]),
            "parentCompany": self._reference("company", "organization", row["parent_id"]),
            "payerId": None,
            "contractedPlans": None,
        }
        self._add("company", key, fields)

    def _payer(self, row: Row) -> None:
        key = self.key("payer", row["id"])
        fields = {
            "name": row["name"],
            "companyType": "PAYER",
            "payerId": row["payer_code"],
            "contractedPlans": self._chosen(key, "contractedPlans", row["plans"], options.PLANS),
            "providerType": None,
            "parentCompany": None,
        }
        self._add("company", key, fields)

    def _member(self, row: Row) -> None:
        key, address = self.key("coordinator", row["id"]), self._coordinators[row["id"]]
        if address in self._accounts:
            self.result.rows["workspaceMember"][address] = ExpectedRow(key, {"userEmail": address})
        else:
            self.result.skipped.add(key)

    def _person(self, row: Row) -> None:
        key = self.key("member", row["id"])
        fields: Fields = {
            "sourceSystemId": key,
            "name": {"firstName": row["first_name"], "lastName": row["last_name"]},
            "emails": self._email(key, row["email"]),
            "phones": self._phones(key, "phones", row["phone"]),
            "city": row["city"],
            "homeAddress": {
                "addressStreet1": row["street"],
                "addressCity": row["city"],
                "addressState": row["state"],
                "addressPostcode": row["zip"],
            },
            "memberId": row["member_id"],
            "personRole": self._choice(key, "personRole", row["member_type"], options.MEMBER_TYPES),
            "dateOfBirth": self._day(key, "dateOfBirth", row["birth_date"]),
            "preferredLanguage": row["language"],
            "coverageTier": self._choice(key, "coverageTier", row["coverage_tier"], options.TIERS),
            "enrollmentStatus": self._choice(key, "enrollmentStatus", row["enrollment"], options.ENROLLMENTS),
            "enrolledAt": self._moment(key, "enrolledAt", row["enrolled_at"]),
            "careCoordinator": row["coordinator_name"],
            "owner": self._account(row["coordinator_id"]),
            "company": self._reference("company", "organization", row["org_id"]),
            "payer": self._reference("company", "payer", row["payer_id"]),
        }
        self._add("person", key, fields)

    # What belongs to a member

    def _care_plan(self, row: Row) -> None:
        key = self.key("care_plan", row["id"])
        fields = {
            "name": row["title"],
            "planStatus": self._choice(key, "planStatus", row["status"], options.PLAN_STATES),
            "startDate": self._day(key, "startDate", row["start_date"]),
            "goals": row["goals"],
            "patient": self._reference("person", "member", row["member_id"]),
            "facility": self._reference("company", "organization", row["org_id"]),
            "owner": self._account(row["coordinator_id"]),
        }
        self._add("carePlan", key, fields)

    def _authorization(self, row: Row) -> None:
        key = self.key("authorization", row["id"])
        fields = {
            "name": f"Authorization {row['auth_number']}",
            "authNumber": row["auth_number"],
            "authStatus": self._choice(key, "authStatus", row["status"], options.AUTH_STATES),
            "serviceType": self._choice(key, "serviceType", row["service_type"], options.SERVICES),
            "authorizedUnits": row["units"],
            "expirationDate": self._day(key, "expirationDate", row["expires_on"]),
            "patient": self._reference("person", "member", row["member_id"]),
            "payer": self._reference("company", "payer", row["payer_id"]),
        }
        self._add("authorization", key, fields)

    def _assessment(self, row: Row) -> None:
        key, score = self.key("assessment", row["id"]), row["score"] or ""
        if score and not score.isdigit():
            self.result.flagged.add((key, "score"))
        fields = {
            "name": row["type"],
            "assessmentType": self._choice(key, "assessmentType", row["type"], options.ASSESSMENTS),
            "score": int(score) if score.isdigit() else None,
            "riskLevel": self._choice(key, "riskLevel", row["risk"], options.RISKS),
            "assessmentDate": self._day(key, "assessmentDate", row["assessed_on"]),
            "patient": self._reference("person", "member", row["member_id"]),
        }
        self._add("assessment", key, fields)

    def _encounter(self, row: Row) -> None:
        key = self.key("encounter", row["id"])
        fields = {
            "title": row["reason"] or "Encounter",
            "taskType": "ENCOUNTER",
            "encounterDate": self._moment(key, "encounterDate", row["occurred_at"]),
            "dueAt": self._moment(key, "dueAt", row["occurred_at"]),
            "visitType": self._choice(key, "visitType", row["visit_type"], options.VISITS),
            "providerName": row["provider_name"],
            "outcome": row["outcome"],
            "status": self._choice(key, "status", row["state"], options.ENCOUNTER_STATES),
            "carePlan": None,
        }
        self._add("task", key, fields)
        self._target("task", key, self._whose(row))
        if row["org_id"]:
            facility = self.key("organization", row["org_id"])
            links = {"task": Reference("task", key), "company": Reference("company", facility)}
            self._add("taskTarget", f"{key} -> {facility}", links)

    def _action_item(self, row: Row) -> None:
        key = self.key("action_item", row["id"])
        fields = {
            "title": row["title"],
            "bodyV2": {"markdown": row["description"]},
            "taskType": "ACTION_ITEM",
            "dueAt": self._moment(key, "dueAt", row["due_at"]),
            "status": self._choice(key, "status", row["status"], options.ACTION_STATES),
            "assignee": self._account(row["coordinator_id"]),
            "carePlan": self._reference("carePlan", "care_plan", row["care_plan_id"]),
        }
        self._add("task", key, fields)
        self._target("task", key, self._whose(row))

    def _activity(self, row: Row) -> None:
        key, whose = self.key("activity", row["id"]), self._whose(row)
        fields = {
            "title": row["subject"],
            "bodyV2": {"markdown": row["body"]},
            "activityKind": options.KINDS[row["kind"]],
            "activityDirection": self._choice(key, "activityDirection", row["direction"], options.DIRECTIONS),
        }
        if row["kind"] == "meeting":
            due = self._moment(key, "dueAt", row["happened_at"])
            self._add("task", key, {**fields, "dueAt": due, "status": "DONE", "taskType": None})
            self._target("task", key, whose)
        else:
            created = self._created(key, self._time(key, "createdAt", row["happened_at"]))
            self._add("note", key, {**fields, **created})
            self._target("note", key, whose)

    def _clinical_note(self, row: Row, target: str, about: str) -> None:
        key = self.key("clinical_note", row["id"])
        written = self._time(key, "createdAt", row["written_at"])
        fields = {
            "title": row["title"],
            "bodyV2": {"markdown": words.NOTES[row["body"]] if row["body"] else None},
            "author": row["author"],
            **self._created(key, written),
        }
        self._add("note", key, fields)
        links = {"note": Reference("note", key), target: Reference(target, about)}
        self._add("noteTarget", f"{key} -> {about}", links)

    def _attachment(self, row: Row, target: str, about: str) -> None:
        key = self.key("attachment", row["id"])
        created = self._created(key, self._time(key, "createdAt", row["uploaded_at"]))
        if row["size_bytes"] >= source_rows.OVERSIZE_BYTES:
            self.result.oversize.add(key)
            return
        held = (self._documents / row["path"]).read_bytes()
        fields = {
            "name": row["file_name"],
            target: Reference(target, about),
            "fullPath": Content(len(held), hashlib.sha256(held).hexdigest()),
            **created,
        }
        self.result.rows["attachment"][f"{about} -> {row['file_name']}"] = ExpectedRow(key, fields)

    # Helpers

    def _of_members(self, object_name: str, children: Iterable[Row]) -> Iterator[Row]:
        for row in children:
            if self._arrives(self.key(object_name, row["id"]), "member", row["member_id"]):
                yield row

    def _about(self, object_name: str, children: Iterable[Row]) -> Iterator[tuple[Row, str, str]]:
        """Rows with the object of Twenty that they hang on, and the key of what they are about."""
        for row in children:
            kind, about = row["about_type"], row["about_id"]
            if self._arrives(self.key(object_name, row["id"]), kind, about):
                yield row, options.ABOUT[kind], self._leads[self.key(kind, about)]

    def _arrives(self, key: str, parent: str, parent_id: str) -> bool:
        """Whether a record's parent is in Twenty; without it the record waits."""
        above = self.key(parent, parent_id)
        if above in self._leads:
            self._leads[key] = key
            return True
        self.result.orphans.add(key)
        if above in self.result.parked or source_rows.number_of(parent_id) >= source_rows.NEVER_ISSUED:
            self.result.parked.add(key)
        return False

    def _whose(self, row: Row) -> str:
        """The key of the person that a row's member is in Twenty."""
        return self._leads[self.key("member", row["member_id"])]

    def _reference(self, target: str, object_name: str, record_id: str | None) -> Reference | None:
        key = self.key(object_name, record_id)
        return Reference(target, self._leads[key]) if key in self._leads else None

    def _account(self, coordinator: str | None) -> Reference | None:
        address = self._coordinators.get(coordinator or "")
        return Reference("workspaceMember", address) if address and address in self._accounts else None

    def _chosen(self, key: str, name: str, written: list[str] | None, choices: Mapping[str, str]) -> list[str] | None:
        """Options in the order in which they were declared."""
        if not set(written or ()) <= choices.keys():
            self.result.flagged.add((key, name))
        return [option for text, option in choices.items() if text in (written or ())]

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
