"""The records that travel between the components, as typed values. Their Avro twins are in ``schemas/avro``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as defaulted
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple


@dataclass(frozen=True, slots=True)
class Json:
    """A column that holds an array or an object."""

    value: Any


Value = None | bool | int | float | str | bytes | Decimal | date | datetime | Json
"""One source column. A naive datetime is local time at the clinic; an aware one is an instant."""


class Unit(NamedTuple):
    """One committed change: what conservation counts."""

    topic: str
    partition: int
    offset: int


class Version(NamedTuple):
    """Order of a record's changes, free of clocks: compare as a tuple.

    ``run`` grows with each full run, ``epoch`` when a topic is made anew, ``offset`` is the change's own in its cdc
    (or derived) topic, ``revision`` is the mapping's.
    """

    run: int
    epoch: int
    offset: int
    revision: int


class Operation(StrEnum):
    SNAPSHOT = "snapshot"
    UPSERT = "upsert"
    DELETE = "delete"
    VANISHED = "vanished"


@dataclass(frozen=True, slots=True)
class RecordChange:
    """A whole source row as it was read, or its end. ``origin_*`` are set on derived changes only."""

    system: str
    object: str
    record_id: str
    operation: Operation
    record: Mapping[str, Value]
    captured_at: datetime
    source_changed_at: datetime | None = None
    run: int = 1
    content_hash: str = ""
    origin_key: str = ""
    origin_version: Version | None = None

    @property
    def key(self) -> str:
        return f"{self.system}/{self.object}/{self.record_id}"


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes of one read, in its order: ``like`` says what they share, and the rest, side by side, what is each's own.

    Some thousand times a second this is what a RecordChange for every row would be too slow for.
    """

    like: RecordChange
    ids: Sequence[str]
    records: Sequence[Mapping[str, Value]]
    changed_at: Sequence[datetime | None]
    hashes: Sequence[str]

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[RecordChange]:
        for record_id, record, changed_at, content_hash in zip(
            self.ids, self.records, self.changed_at, self.hashes, strict=True
        ):
            yield replace(
                self.like,
                record_id=record_id,
                record=record,
                source_changed_at=changed_at,
                content_hash=content_hash,
            )


class PartMode(StrEnum):
    OWN = "own"
    """A row of our own: created, updated and deleted by Dualrun."""
    FRAGMENT = "fragment"
    """Some fields of another record's row, found through ``anchor``: update only."""
    MATCH = "match"
    """A row that Twenty owns (a workspace member), found by ``match``: update only."""
    MERGER = "merger"
    """No row: says in ``merger`` which record was merged into which."""
    MERGED = "merged"
    """Of identities only: the record was merged, and its key leads to the row of the survivor."""


@dataclass(frozen=True, slots=True)
class Link:
    """A reference to another part. ``twenty_id`` is None until hold has resolved ``token``.

    What an alias resolves to can change and end: in a patch an empty ``twenty_id`` takes back what was said, and ``at``
    (offset in ``identities`` that it is known from, -1 for other tokens) orders what was said.
    """

    field: str
    token: str
    required: bool
    twenty_id: str | None = None
    at: int = -1


@dataclass(frozen=True, slots=True)
class Flag:
    """A value that could not be written as it stands. ``raw`` is patient data: it goes to the audit topic only."""

    field: str
    reason: str
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """Bytes to upload. ``locator`` is ``file:relative/path``, ``http(s)://…``, ``data:type;base64,…`` or
    ``blob:sha256``: bytes that the producer took out of a column and stored under their hash."""

    locator: str
    name: str
    size: int | None = None
    content_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Match:
    """How a row that already exists in Twenty is recognised.

    ``field`` is a dotted path such as ``emails.primaryEmail``; ``confirm`` maps dotted paths to values that must not
    contradict (an empty value on either side contradicts nothing).
    """

    field: str
    value: str
    confirm: Mapping[str, Any] = defaulted(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Merger:
    """One record was merged into another at the source.

    loser, survivor: tokens of their main parts. at: when it was said, as ISO 8601 in UTC, empty where the source does
    not tell; of several mergers of one loser the newest counts, after the one in the loser's own record.
    """

    loser: str
    survivor: str
    at: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One Twenty record (or a share in one) made from a source record.

    name: source key of the part, never a position; the record's main part is ``""``.
    target: Twenty's ``nameSingular``.
    fields: Twenty field -> JSON value, everything but relations.
    internal: relation field -> name of a part of the same record (written before this one).
    links: relation fields whose parent is another record.
    anchor: for ``fragment``, the part that the fields belong to.
    matches: for ``match``, which row; for ``own``, how an existing row may be adopted, strongest first.
    aliases: other names (``keys.alias_key``) under which this part can be referred to.
    unless: an earlier ``match`` part of the record; this one exists only while Twenty has no row for that.
    merger: what a ``merger`` says.
    """

    name: str
    target: str
    mode: PartMode = PartMode.OWN
    fields: Mapping[str, Any] = defaulted(default_factory=dict)
    internal: Mapping[str, str] = defaulted(default_factory=dict)
    links: tuple[Link, ...] = ()
    anchor: Link | None = None
    matches: tuple[Match, ...] = ()
    aliases: tuple[str, ...] = ()
    flags: tuple[Flag, ...] = ()
    attachment: Attachment | None = None
    content_hash: str = ""
    unless: str = ""
    merger: Merger | None = None


class WriteKind(StrEnum):
    WRITE = "write"
    PATCH = "patch"
    """Optional references that resolved after the write of the same version had left."""
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Write:
    """One version of a record with all its parts in dependency order.

    Transform makes it with unresolved links; hold fills them in. A delete has no parts. ``skip``: why the record is not
    to be in Twenty. A write with it lets in no record that is not there, and keeps one in step that is; a delete with
    it ends as skipped.
    """

    key: str
    kind: WriteKind
    version: Version
    unit: Unit
    parts: tuple[Part, ...] = ()
    source_changed_at: datetime | None = None
    captured_at: datetime | None = None
    repair: bool = False
    skip: str = ""


@dataclass(frozen=True, slots=True)
class Lift:
    """A live child waits for this record: let it leave by the live lane."""

    key: str


class Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    ADOPTED = "adopted"
    DELETED = "deleted"
    RESTORED = "restored"
    SUPERSEDED = "superseded"
    SKIPPED = "skipped"
    DEAD_LETTERED = "dead_lettered"
    PARKED = "parked"
    FLAGGED = "flagged"
    LINKED = "linked"
    ADOPTING = "adopting"
    MERGED = "merged"
    """It was merged into another record at the source: what it had is in Twenty's trash, its key leads to the other."""
    CONFLICT = "conflict"
    """Somebody changed in Twenty what we had written, or a person has decided about that."""

    @property
    def final(self) -> bool:
        return self not in _ADDITIONS


_ADDITIONS = frozenset({Outcome.PARKED, Outcome.FLAGGED, Outcome.LINKED, Outcome.ADOPTING, Outcome.CONFLICT})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What hold decided about a unit without a write. It travels in the live lane, so the audit has one writer."""

    key: str
    unit: Unit
    version: Version
    outcome: Outcome
    reason: str = ""
    flags: tuple[Flag, ...] = ()
    source_changed_at: datetime | None = None


BEFORE_ALL = Version(0, 0, 0, 0)
"""Version of an identity that no write has made."""


class IdentityState(StrEnum):
    ADOPTING = "adopting"
    LIVE = "live"
    DELETED = "deleted"
    ROLLED_BACK = "rolled_back"


@dataclass(frozen=True, slots=True)
class Identity:
    """What the sink knows of one part: where it lies in Twenty and which version was written last.

    links: optional and required relation fields written -> Twenty id. ``links_at``: of those that came by an alias,
    the newest ``Link.at``. ``owned``: fields of a fragment or match.
    unique: digests of the unique values that this part holds in Twenty (``field:digest``). missed: of those that
    another of our records held when it was written.
    awaiting: the message whose write waits for a row that Twenty does not have yet (a member without an account).
    uploaded: path of a file that is in Twenty though its record is not; its hash is in ``content_hash``, after a ``+``.
    written: digests of what Twenty answered to our writes, by column. edits: columns in which Twenty holds what
    somebody else put there. Both are packed: see ``sinks.edits``. message: where the write lies that was written last.
    merger: what a merger says. retired: the row that a merged record had, in Twenty's trash. via: links that lead
    through a merged record, relation field (or ``anchor``) -> the token that the record names. in_doubt: of a part that
    is not there as far as any answer told; a process that died may have written it all the same.
    """

    key: str
    part: str
    target: str
    twenty_id: str
    version: Version
    state: IdentityState
    mode: PartMode = PartMode.OWN
    content_hash: str = ""
    links: Mapping[str, str] = defaulted(default_factory=dict)
    links_at: Mapping[str, int] = defaulted(default_factory=dict)
    owned: tuple[str, ...] = ()
    unique: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    twenty_updated_at: datetime | None = None
    origin: Outcome = Outcome.CREATED
    awaiting: Unit | None = None
    uploaded: str = ""
    written: str = ""
    edits: str = ""
    message: Unit | None = None
    merger: Merger | None = None
    retired: str = ""
    via: Mapping[str, str] = defaulted(default_factory=dict)
    in_doubt: bool = False
    missed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Alias:
    """A part can be found under ``alias``. Lies in the alias's own partition; withdrawn when the part loses it."""

    alias: str
    key: str
    part: str
    twenty_id: str
    version: Version
    live: bool


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One decision. ``part`` is None where it speaks of the whole unit; ``parts`` names all parts of the version.

    ``before`` and ``after`` are what Twenty held and what was written (patient data). ``previous`` and ``digest``
    chain the events of one audit partition.
    """

    unit: Unit
    key: str
    part: str | None
    parts: tuple[str, ...]
    version: Version
    outcome: Outcome
    decided_at: datetime
    target: str = ""
    twenty_id: str = ""
    reason: str = ""
    flags: tuple[Flag, ...] = ()
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    source_changed_at: datetime | None = None
    captured_at: datetime | None = None
    request_id: str = ""
    previous: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A producer's position in one source object. ``position`` is the producer's own, with its format version."""

    source: str
    object: str
    format: int
    position: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class Control:
    """A signal or a fact for every component. ``kind`` is epoch, run, pause, …; ``subject`` is what it is about."""

    kind: str
    subject: str
    value: Mapping[str, Any]
    at: datetime
