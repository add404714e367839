"""The mapping language: the shape of a mapping file. ``check`` looks at what the shape cannot say.

A mapping is data: source objects with the Twenty records that each row becomes, and the custom objects and fields that
these need. Field names are Twenty's own, relations go by their name (``person``, not ``personId``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from schemas.edits import EditPolicy, TrashPolicy
from schemas.mapping.conditions import Conditions
from schemas.mapping.names import (
    CurrencyCode,
    Label,
    Model,
    PartName,
    Region,
    SourceName,
    TwentyName,
    Zone,
)
from schemas.mapping.rules import Reference, Rule, RuleOrColumn, Rules
from schemas.mapping.workspace import TwentyObject
from schemas.source import SourceObject

DERIVED = "~"
"""Prefix of a derived object's name, here and in record keys."""


class Adoption(Model):
    """A row that is in Twenty already is taken over when ``field`` is equal and ``confirm`` does not contradict."""

    field: str
    confirm: list[str] = []


class Matching(Model):
    """The row of Twenty's own that a part writes to, found by the value of ``field``."""

    field: TwentyName
    by: RuleOrColumn
    name: RuleOrColumn | None = None
    """What the person is called, for the list of those who are to be invited."""


class File(Model):
    """A file to upload: from where ``path`` leads (relative to the documents directory, or http, https), or the bytes
    in column ``blob``."""

    path: str | None = None
    blob: str | None = None
    name: str
    size: str | None = None


class Element(Model):
    """One of the repeated columns: the names that the part's rules use, and fields of its own."""

    columns: dict[str, str] = Field(min_length=1)
    fields: dict[TwentyName, RuleOrColumn] = {}


class Items(Model):
    """An array of objects in a column, or in text that is JSON: the names that the part's rules use, and where each
    item holds them (``code``, or ``procedure.code`` within an object)."""

    array: str
    columns: dict[str, str] = Field(min_length=1)


class Pick(Model):
    """A property that has a row of its own: the text in ``by`` names it and says which fields the row fills.

    For fragments. A row whose property is not named here is flagged, and fills nothing.
    """

    by: str
    fields: dict[str, dict[TwentyName, RuleOrColumn]] = Field(min_length=1)


class Part(Model):
    """One Twenty record, or a share in one, made from a row."""

    name: PartName = ""
    target: TwentyName
    when: Conditions = {}
    """The part exists while these hold."""
    each: Annotated[list[Element], Field(min_length=1)] | Items | None = None
    """One part per element, named ``name:key``."""
    key: str | None = None
    """With ``each``: the column whose natural key tells the elements apart; a blank one means no part."""
    apart: str | None = None
    """With ``each``: the column that tells elements of the same key apart."""

    anchor: Reference | None = None
    """A fragment: the fields are written into the part that this names."""
    match: Matching | None = None
    adopt: list[Adoption] = []
    fields: dict[TwentyName, RuleOrColumn] = {}
    pick: Pick | None = None
    unless: PartName | None = None
    """An earlier part with ``match``: this part exists only while Twenty has no row for that one."""
    within: dict[TwentyName, PartName] = {}
    """Relations to other parts of the same record."""
    links: dict[TwentyName, Reference] = {}
    aliases: dict[SourceName, Rules] = {}
    attachment: File | None = None

    @property
    def rules(self) -> Iterator[tuple[str, Rule]]:
        """Every rule with the field that it fills, those of repeated columns and of properties too."""
        yield from self.fields.items()
        for fields in (*(one.fields for one in self.repeated), *(self.pick.fields.values() if self.pick else ())):
            yield from fields.items()

    @property
    def repeated(self) -> list[Element]:
        """The repeated columns; none where an array is repeated, or nothing."""
        return self.each if isinstance(self.each, list) else []

    @property
    def items(self) -> Items | None:
        return self.each if isinstance(self.each, Items) else None

    def record_of(self, name: str) -> str:
        """The object whose record the part of a row of ``name`` writes: of a fragment it is the anchor's."""
        return self.anchor.to or name if self.anchor else name


class Derivation(Model):
    """A record that many rows speak of, named in a column."""

    object: SourceName
    key: str
    carry: dict[str, str] = Field(min_length=1)
    """Column of the derived record -> column of this row."""


class Source(Model):
    relation: str | None = None
    """A table, a view of the database, a file, an endpoint."""
    query: str | None = None
    """A SELECT that the source's database runs."""
    view: str | None = None
    """A SELECT in DuckDB's SQL over the other objects, as they were published: each is a table under the last name of
    its `relation`, and all columns are texts. For files and lists, which answer no queries."""
    key: list[str] = Field(min_length=1)
    changed_at: str | None = None
    zone: Zone | None = None
    on_missing: Literal["delete", "vanished"] = "delete"
    exclude: list[str] = []


class Edits(Model):
    edits: EditPolicy = "source_wins"
    """Who wins where somebody edits in Twenty what the object's parts write, for fields that do not say."""
    trashed: TrashPolicy = "revive"
    """What becomes of a row that somebody puts into Twenty's trash."""


class Stale(Model):
    """The newest date in any of ``columns`` lies more than ``months`` before the row was read; one without any date is
    not stale."""

    columns: list[str] = Field(min_length=1)
    months: int = Field(ge=1)


class Skip(Model):
    """Rows that do not belong into Twenty. Their descendants stay out with them, and follow when the row does.

    With ``stale`` a row that is in Twenty already stays there and is kept in step, and any newer change that is not
    stale lets it in. Without, a row that meets the conditions is taken out of Twenty as if it were deleted.
    """

    reason: Label
    when: Conditions = {}
    stale: Stale | None = None


class Merges(Model):
    """Each row says that one record of ``object`` was merged into another: a log of merges."""

    object: SourceName
    loser: Rules
    survivor: Rules
    """Where it is empty, the row says nothing (any more)."""


class ObjectMapping(Edits):
    source: Source
    skip: list[Skip] = []
    merged_into: Rules | None = None
    """The key of the record of this object that a row was merged into. While that is in Twenty, what this row became is
    in the trash, and whatever refers to it leads to the other."""
    merges: Merges | None = None
    safe: list[str] = []
    """Columns that hold no patient data; every other column does."""
    for_views: list[str] = []
    """Columns that views read and nothing else here names. An object with some may have no parts: then it is read for
    the views alone, and none of its rows becomes a record."""
    derives: list[Derivation] = []
    parts: list[Part] = []
    """None where the rows are a log of merges, or read for views, and nothing else."""


class DerivedMapping(Edits):
    parts: list[Part] = Field(min_length=1)


class Export(Model):
    """What does not migrate, but is exported for the rebuild package: the rows under ``name``.

    Of a ``query`` in PostgreSQL, or of a table, a file or an endpoint (``relation``) with its ``key``.
    """

    name: SourceName
    query: str | None = None
    relation: str | None = None
    key: list[str] = []
    what: str


class ClockChanges(Model):
    ambiguous: Literal["first", "second"] = "first"
    missing: Literal["forward", "backward"] = "forward"


class Mode(Model):
    """A choice that is made once, when the mapping is approved. What names another option in ``only`` is left out."""

    about: str
    options: list[SourceName] = Field(min_length=2)
    chosen: SourceName


class SystemMapping(Model):
    """The whole file: one source system."""

    system: SourceName
    revision: int = Field(ge=1)
    zone: Zone
    region: Region
    currency: CurrencyCode
    clock_changes: ClockChanges = ClockChanges()
    images_from: list[str] = []
    """Hosts whose images in HTML become files; images of other hosts stay links, because whoever writes a note could
    name any address of the clinic's network."""
    source_key_field: TwentyName
    """Custom TEXT field that holds a record's source key, on every object that declares it."""
    modes: dict[SourceName, Mode] = {}
    twenty: dict[TwentyName, TwentyObject]
    objects: dict[SourceName, ObjectMapping] = Field(min_length=1)
    derived: dict[SourceName, DerivedMapping] = {}
    exports: list[Export] = []

    @property
    def owners(self) -> dict[str, str]:
        """Twenty object -> its relation to the member who answers for a record."""
        return {name: one.owner for name, one in self.twenty.items() if one.owner}

    def zone_of(self, object_name: str) -> str:
        """The zone of an object's times that name none."""
        mapped = self.objects.get(object_name)
        return (mapped.source.zone if mapped else None) or self.zone

    def parts_of(self, object_name: str) -> list[Part]:
        if object_name.startswith(DERIVED):
            return self.derived[object_name.removeprefix(DERIVED)].parts
        return self.objects[object_name].parts

    def all_parts(self) -> Mapping[str, list[Part]]:
        """Parts by object name, derived ones with their prefix."""
        return {
            **{name: one.parts for name, one in self.objects.items()},
            **{DERIVED + name: one.parts for name, one in self.derived.items()},
        }

    @property
    def sources(self) -> tuple[SourceObject, ...]:
        """What producers poll. Parents follow from the references, required or not."""
        return tuple(
            SourceObject(
                name=name,
                key=tuple(mapped.source.key),
                relation=mapped.source.relation,
                query=mapped.source.query,
                view=mapped.source.view,
                changed_at=mapped.source.changed_at,
                zone=self.zone_of(name),
                parents=tuple(sorted(self._parents(mapped) - {name})),
                on_missing=mapped.source.on_missing,
                exclude=tuple(mapped.source.exclude),
                blobs=tuple(sorted({one.blob for part in mapped.parts if (one := part.attachment) and one.blob})),
            )
            for name, mapped in self.objects.items()
        )

    @property
    def synced(self) -> tuple[str, ...]:
        """The Twenty objects that records are written to."""
        return tuple(sorted({part.target for parts in self.all_parts().values() for part in parts}))

    @property
    def exported(self) -> tuple[SourceObject, ...]:
        """What is read for the rebuild package as objects are, by names of their own."""
        return tuple(SourceObject(one.name, tuple(one.key), one.relation) for one in self.exports if one.relation)

    def _parents(self, mapped: ObjectMapping) -> set[str]:
        found = {mapped.merges.object} if mapped.merges else set()
        for part in mapped.parts:
            for reference in [*part.links.values(), *([part.anchor] if part.anchor else [])]:
                if reference.alias is not None:
                    found |= self._publishers(reference.alias)
                elif reference.to in self.objects:
                    found.add(reference.to)
        return found

    def _publishers(self, alias: str) -> set[str]:
        return {name for name, mapped in self.objects.items() if any(alias in part.aliases for part in mapped.parts)}

    def is_phi(self, object_name: str, column: str) -> bool:
        """Whether a column may hold patient data: everything does that the mapping does not declare safe."""
        mapped = self.objects.get(object_name)
        return mapped is None or column not in mapped.safe
