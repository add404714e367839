"""What the sender must know of Twenty's objects: their path, their unique values, their empty values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sinks.twenty.discovery import ObjectInfo, Workspace

UNIQUE_SUBFIELD: Mapping[str, str] = {
    "EMAILS": "primaryEmail",
    "LINKS": "primaryLinkUrl",
    "PHONES": "primaryPhoneNumber",
}
"""Where a unique composite keeps the value that its index covers."""

_EMPTY: Mapping[str, Any] = {
    "TEXT": "",
    "FULL_NAME": {"firstName": "", "lastName": ""},
    "EMAILS": {"primaryEmail": "", "additionalEmails": []},
    "LINKS": {"primaryLinkUrl": "", "primaryLinkLabel": "", "secondaryLinks": []},
    "PHONES": {
        "primaryPhoneNumber": "",
        "primaryPhoneCountryCode": "",
        "primaryPhoneCallingCode": "",
        "additionalPhones": [],
    },
    "ADDRESS": {
        "addressStreet1": "",
        "addressStreet2": "",
        "addressCity": "",
        "addressState": "",
        "addressPostcode": "",
        "addressCountry": "",
        "addressLat": None,
        "addressLng": None,
    },
    "CURRENCY": {"amountMicros": None, "currencyCode": ""},
    "RICH_TEXT_V2": {"markdown": "", "blocknote": ""},
    "RICH_TEXT": {"markdown": "", "blocknote": ""},
}
"""Twenty 1.10 answers 400 to null in a composite and 500 to null in a unique text: these are their empty values."""


@dataclass(frozen=True, slots=True)
class TargetObject:
    """One object of the workspace.

    types: field -> Twenty's field type. unique: names of unique fields. columns: relation field -> join column where
    it is not simply ``<field>Id``. owner: the relation to the member who answers for a row, empty where there is none;
    fallback: the id of the one who does where nobody is known. upserts: whether an upsert may meet a row.
    """

    name: str
    plural: str
    types: Mapping[str, str] = field(default_factory=dict)
    unique: frozenset[str] = frozenset()
    columns: Mapping[str, str] = field(default_factory=dict)
    owner: str = ""
    fallback: str = ""
    upserts: bool = True

    def column(self, relation: str) -> str:
        """The join column of a relation field; a name that is one already passes."""
        if relation in self.columns:
            return self.columns[relation]
        return relation if relation.endswith("Id") else f"{relation}Id"

    def unique_paths(self) -> dict[str, str]:
        """Dotted path of each unique value -> the field's type."""
        paths = {}
        for name in sorted(self.unique):
            kind = self.types.get(name, "TEXT")
            sub = UNIQUE_SUBFIELD.get(kind)
            paths[f"{name}.{sub}" if sub else name] = kind
        return paths

    def empty(self, name: str) -> Any:
        return _EMPTY.get(self.types.get(name, ""))


Catalogue = Mapping[str, TargetObject]

_JUNCTIONS = ("noteTarget", "taskTarget", "attachment")


def catalogue(workspace: Workspace) -> dict[str, TargetObject]:
    """The workspace's objects by ``nameSingular``."""
    return {name: _target(info, workspace) for name, info in workspace.objects.items()}


def _target(info: ObjectInfo, workspace: Workspace) -> TargetObject:
    columns = {}
    for field_info in info.fields.values():
        if field_info.relation is not None and field_info.column is not None:
            columns[field_info.name] = columns[field_info.column] = field_info.column
    if info.name_singular in _JUNCTIONS:
        # what a note, a task or a file hangs on: personId until early 2026, targetPersonId since
        for other in workspace.objects:
            column = workspace.target_column(other)
            if column in info.columns:
                columns[other] = columns[f"{other}Id"] = column
    return TargetObject(
        info.name_singular,
        info.name_plural,
        {name: field_info.type for name, field_info in info.fields.items()},
        frozenset(name for name, field_info in info.fields.items() if field_info.is_unique and name != "id"),
        columns,
        # Twenty 1.10 refuses it where there is no createdBy: of what a note or a task hangs on
        upserts="createdBy" in info.fields,
    )


class UnknownTargetError(LookupError):
    """A write names an object, or a field of it, that the workspace does not have."""

    def __init__(self, target: str, field: str = "") -> None:
        what = f"object {target!r} has no field {field!r}" if field else f"Twenty has no object {target!r}"
        super().__init__(f"{what}: apply the schema (dualrun schema apply) before records are written")
        self.target = target
