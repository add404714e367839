"""What Twenty 1.10 has before anything is provisioned: the standard objects' fields that a mapping may write.

Taken from the answers of a real 1.10 server; whether a workspace differs is for discovery to find out at run time.
"""

from __future__ import annotations

from collections.abc import Mapping

RELATION = "RELATION"
MEMBER = "workspaceMember"
"""Twenty's object of the people who have an account."""

STANDARD: Mapping[str, Mapping[str, str]] = {
    "person": {
        "name": "FULL_NAME",
        "emails": "EMAILS",
        "phones": "PHONES",
        "linkedinLink": "LINKS",
        "xLink": "LINKS",
        "jobTitle": "TEXT",
        "city": "TEXT",
        "avatarUrl": "TEXT",
        "company": RELATION,
    },
    "company": {
        "name": "TEXT",
        "domainName": "LINKS",
        "address": "ADDRESS",
        "employees": "NUMBER",
        "linkedinLink": "LINKS",
        "xLink": "LINKS",
        "annualRecurringRevenue": "CURRENCY",
        "idealCustomerProfile": "BOOLEAN",
        "accountOwner": RELATION,
    },
    "opportunity": {
        "name": "TEXT",
        "amount": "CURRENCY",
        "closeDate": "DATE_TIME",
        "stage": "SELECT",
        "pointOfContact": RELATION,
        "company": RELATION,
    },
    "task": {
        "title": "TEXT",
        "bodyV2": "RICH_TEXT_V2",
        "dueAt": "DATE_TIME",
        "status": "SELECT",
        "assignee": RELATION,
    },
    "note": {"title": "TEXT", "bodyV2": "RICH_TEXT_V2"},
    "taskTarget": {"task": RELATION, "person": RELATION, "company": RELATION, "opportunity": RELATION},
    "noteTarget": {"note": RELATION, "person": RELATION, "company": RELATION, "opportunity": RELATION},
    "attachment": {
        "name": "TEXT",
        "note": RELATION,
        "task": RELATION,
        "person": RELATION,
        "company": RELATION,
        "opportunity": RELATION,
    },
    "workspaceMember": {},
}

EVERYWHERE: Mapping[str, str] = {"createdAt": "DATE_TIME"}
"""Fields of every object that a record may bring along."""

OPTIONS: Mapping[tuple[str, str], frozenset[str]] = {
    ("task", "status"): frozenset({"TODO", "IN_PROGRESS", "DONE"}),
    ("opportunity", "stage"): frozenset({"NEW", "SCREENING", "MEETING", "PROPOSAL", "CUSTOMER"}),
}

PLURALS: Mapping[str, tuple[str, str, str]] = {
    "person": ("people", "Person", "People"),
    "company": ("companies", "Company", "Companies"),
    "opportunity": ("opportunities", "Opportunity", "Opportunities"),
    "task": ("tasks", "Task", "Tasks"),
    "note": ("notes", "Note", "Notes"),
    "taskTarget": ("taskTargets", "Task Target", "Task Targets"),
    "noteTarget": ("noteTargets", "Note Target", "Note Targets"),
    "attachment": ("attachments", "Attachment", "Attachments"),
    "workspaceMember": ("workspaceMembers", "Workspace Member", "Workspace Members"),
}
"""nameSingular -> namePlural, labels."""

TARGETS = frozenset({"taskTarget", "noteTarget", "attachment"})
"""Objects that link a task, a note or a file to any object: each custom object is one of their relations too."""

COMPOSITES: Mapping[str, Mapping[str, str]] = {
    "FULL_NAME": {"firstName": "TEXT", "lastName": "TEXT"},
    "EMAILS": {"primaryEmail": "TEXT"},
    "PHONES": {},
    "LINKS": {},
    "CURRENCY": {},
    "RICH_TEXT_V2": {},
    "ADDRESS": {
        "addressStreet1": "TEXT",
        "addressStreet2": "TEXT",
        "addressCity": "TEXT",
        "addressState": "TEXT",
        "addressPostcode": "TEXT",
        "addressCountry": "TEXT",
        "addressLat": "NUMBER",
        "addressLng": "NUMBER",
    },
}
"""Composite type -> sub-fields that a rule or a match may name."""


def empty(kind: str) -> object:
    """What is sent for no value. An explicit null for a composite is a 400, and for a TEXT a 500 (observed)."""
    match kind:
        case "FULL_NAME":
            return {"firstName": "", "lastName": ""}
        case "EMAILS":
            return {"primaryEmail": "", "additionalEmails": []}
        case "PHONES":
            return {
                "primaryPhoneNumber": "",
                "primaryPhoneCountryCode": "",
                "primaryPhoneCallingCode": "",
                "additionalPhones": [],
            }
        case "LINKS":
            return {"primaryLinkUrl": "", "primaryLinkLabel": "", "secondaryLinks": []}
        case "CURRENCY":
            return {"amountMicros": None, "currencyCode": ""}
        case "ADDRESS":
            return {name: "" if type_ == "TEXT" else None for name, type_ in COMPOSITES["ADDRESS"].items()}
        case "RICH_TEXT_V2":
            return {"markdown": ""}
        case "TEXT":
            return ""
        case "BOOLEAN":
            return False
        case "MULTI_SELECT":
            return []
        case _:
            return None
