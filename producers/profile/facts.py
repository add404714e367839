"""What a profile holds: counts and forms, keys of records, and no value of a field that may be patient data."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from producers.profile.words import words


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(_Fact):
    """name: as the source writes it; stem: what is left of it without what the columns all begin with, empty where
    they begin with nothing. type, form, format: see ``shapes.Shape``; type ``bytes`` holds files.

    filled: rows in which it is not blank. distinct: different values. longest: characters. words: of several words, the
    share of values. values: of a choice, each with the rows that hold it (rarer ones are left out). patterns: masks of
    the commonest forms, with how many values of the sample have them.
    """

    name: str
    stem: str = ""
    type: str
    form: str = ""
    format: str = ""
    filled: int = 0
    distinct: int = 0
    longest: int = 0
    wordy: float = 0.0
    values: tuple[tuple[str, int], ...] = ()
    patterns: tuple[tuple[str, int], ...] = ()

    @property
    def spelt(self) -> tuple[str, ...]:
        """The words of its name, see ``words.words``."""
        return words(self.stem or self.name)

    def fill(self, rows: int) -> float:
        return self.filled / rows if rows else 0.0


class Relation(_Fact):
    """``object.column`` holds keys (``to_column``) of ``to``. filled: rows that name one; matched: of those, how
    many name one that is there.

    declared: by a foreign key in the source; otherwise found by comparing values.
    """

    object: str
    column: str
    to: str
    to_column: str
    declared: bool
    filled: int
    matched: int

    @property
    def rate(self) -> float:
        return self.matched / self.filled if self.filled else 0.0


class Duplicates(_Fact):
    """Records that look like one: same normalised name and the same ``basis``. groups: sets of them; records: all."""

    object: str
    basis: str
    groups: int
    records: int


class Finding(_Fact):
    """For a person to decide. keys: ids of records of ``object``.

    duplicate: they look like one. cycle: each names the next in column ``reference``, the last one the first.
    orphan: each names, in column ``reference``, one and the same record that is not there.
    """

    kind: Literal["duplicate", "cycle", "orphan"]
    object: str
    keys: tuple[str, ...]
    reference: str | None = None


class ObjectFacts(_Fact):
    """key: columns that tell rows apart, none where the rows have no key. stale: records without activity in 24 months.
    without_email: people without a usable address; shared_emails: addresses that several have. None: does not apply.
    trouble: why it could not be read, or what was not.
    """

    name: str
    relation: str
    key: tuple[str, ...]
    rows: int
    columns: tuple[Column, ...]
    stale: int | None = None
    without_email: int | None = None
    shared_emails: int | None = None
    trouble: str = ""

    def column(self, name: str) -> Column:
        return next(one for one in self.columns if one.name == name)


class Profile(_Fact):
    """format: version of this JSON. source: its kind. taken_at: ISO 8601, by the clock of the machine that read it."""

    format: Literal[1] = 1
    system: str
    source: str
    taken_at: str
    objects: tuple[ObjectFacts, ...]
    relations: tuple[Relation, ...] = ()
    duplicates: tuple[Duplicates, ...] = ()
    findings: tuple[Finding, ...] = ()

    def object(self, name: str) -> ObjectFacts:
        return next(one for one in self.objects if one.name == name)
