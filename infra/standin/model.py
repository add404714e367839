"""What a workspace knows about its objects and fields."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field
from typing import Any, Literal

Row = dict[str, Any]

RelationKind = Literal["MANY_TO_ONE", "ONE_TO_MANY"]

# Sub-fields of composite values with their defaults, in the order in which 1.10 answers them.
COMPOSITES: dict[str, Row] = {
    "FULL_NAME": {"firstName": "", "lastName": ""},
    "EMAILS": {"primaryEmail": "", "additionalEmails": None},
    "LINKS": {"primaryLinkLabel": "", "primaryLinkUrl": "", "secondaryLinks": None},
    "PHONES": {
        "primaryPhoneNumber": "",
        "primaryPhoneCountryCode": "",
        "primaryPhoneCallingCode": "",
        "additionalPhones": None,
    },
    "ADDRESS": {
        "addressStreet1": "",
        "addressStreet2": "",
        "addressCity": "",
        "addressPostcode": "",
        "addressState": "",
        "addressCountry": "",
        "addressLat": None,
        "addressLng": None,
    },
    "CURRENCY": {"amountMicros": None, "currencyCode": ""},
    "ACTOR": {"source": "MANUAL", "workspaceMemberId": None, "name": "", "context": {}},
    "RICH_TEXT_V2": {"blocknote": None, "markdown": None},
    "RICH_TEXT": {"blocknote": None, "markdown": None},
}

# The part of a composite value that a unique field compares.
UNIQUE_PART = {"EMAILS": "primaryEmail", "LINKS": "primaryLinkUrl", "PHONES": "primaryPhoneNumber"}

SCALARS = frozenset(
    {"TEXT", "NUMBER", "NUMERIC", "BOOLEAN", "DATE", "DATE_TIME", "UUID", "ARRAY", "RAW_JSON", "FILES"}
    | {"POSITION", "TS_VECTOR"}
)
ENUMS = frozenset({"SELECT", "MULTI_SELECT", "RATING"})
# POSITION and TS_VECTOR belong to the system; the rest may be made through the metadata API.
CREATABLE = (SCALARS - {"POSITION", "TS_VECTOR"}) | ENUMS | set(COMPOSITES) | {"RELATION"}

RATING_OPTIONS = [
    {
        "id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"rating-{n}")),
        "label": str(n),
        "value": f"RATING_{n}",
        "position": n - 1,
    }
    for n in range(1, 6)
]


@dataclass
class Relation:
    """One side. `enforced` says that PostgreSQL holds a foreign key: on 1.10 only between standard objects."""

    kind: RelationKind
    target_object: str
    target_field: str
    enforced: bool = False
    on_delete: Literal["SET NULL", "CASCADE"] = "SET NULL"


@dataclass
class Field:
    id: str
    name: str
    type: str
    label: str
    description: str | None = None
    icon: str | None = None
    is_custom: bool = False
    is_system: bool = False
    is_nullable: bool = True
    is_unique: bool = False
    is_active: bool = True
    default: Any = None
    options: list[dict[str, Any]] | None = None
    settings: dict[str, Any] | None = None
    relation: Relation | None = None
    created_at: str = ""
    updated_at: str = ""

    @property
    def column(self) -> str | None:
        """The key under which a record carries this field; None where another object carries it."""
        if self.relation is None:
            return self.name
        return f"{self.name}Id" if self.relation.kind == "MANY_TO_ONE" else None

    @property
    def unique_path(self) -> tuple[str, str | None]:
        return self.name, UNIQUE_PART.get(self.type)

    def column_default(self) -> Any:
        """The stored value of a record that never named the field. Metadata quotes text defaults as SQL does."""
        if self.type in COMPOSITES:
            given = self.default if isinstance(self.default, dict) else {}
            return {**COMPOSITES[self.type], **{part: _unquoted(value) for part, value in given.items()}}
        if isinstance(self.default, list):
            return [_unquoted(value) for value in self.default]
        return _unquoted(self.default)


@dataclass
class ObjectType:
    id: str
    name_singular: str
    name_plural: str
    label_singular: str
    label_plural: str
    description: str | None = None
    icon: str | None = None
    is_custom: bool = False
    is_system: bool = False
    is_active: bool = True
    created_at: str = ""
    updated_at: str = ""
    fields: list[Field] = field(default_factory=list)

    @property
    def table(self) -> str:
        """The PostgreSQL table, which error texts name."""
        return f"_{self.name_singular}" if self.is_custom else self.name_singular

    def field_named(self, name: str) -> Field | None:
        return next((one for one in self.fields if one.name == name), None)

    def template(self) -> Row:
        """An empty record, columns in the order in which 1.10 answers them."""
        return {one.column: one.column_default() for one in self.fields if one.column is not None}


def foreign_key_name(table: str, column: str) -> str:
    """TypeORM's name of a foreign key; it gives the very names that a real 1.10 answered for person and task."""
    return "FK_" + hashlib.sha1(f"{table}_{column}".encode(), usedforsecurity=False).hexdigest()[:27]


def object_from_json(data: dict[str, Any]) -> ObjectType:
    fields = [
        Field(**{**one, "relation": Relation(**one["relation"]) if one["relation"] else None}) for one in data["fields"]
    ]
    return ObjectType(**{**data, "fields": fields})


def _unquoted(value: Any) -> Any:
    if isinstance(value, str) and len(value) >= 2 and value[0] == value[-1] == "'":
        return value[1:-1]
    return value
