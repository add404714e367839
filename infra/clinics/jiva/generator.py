"""Jiva's database, made up; its files lie beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Literal

from infra.clinics.clinic import Account, Clinic, Row
from infra.clinics.handwriting import mistyped
from infra.clinics.jiva import rows, words
from infra.clinics.jiva.rows import identifier

CHILDREN = (
    "care_plans", "authorizations", "assessments", "encounters", "clinical_notes", "action_items", "attachments",
    "activities",
)  # fmt: skip
"""Tables whose rows belong to a member, or to something that does."""
ID_SPACE = 10
"""Ids that each member has in each table of children: the number of a child is ``member * ID_SPACE + position``."""


class Jiva(Clinic):
    keys = dict.fromkeys(words.PREFIXES, "id")
    changed = "updated_at"

    def __init__(self, seed: int, patients: int, documents: Path) -> None:
        super().__init__(seed, patients, documents)
        self.organizations = max(6, patients // 40)
        self.payers = max(4, min(12, patients // 60))
        self.coordinators = max(6, min(60, patients // 25))

    @property
    def accounts(self) -> tuple[Account, ...]:
        """The coordinators who already have an account in Twenty: about three in four."""
        return tuple(
            Account(one["email"].strip().lower(), one["first_name"], one["last_name"])
            for number, one in enumerate(self.rows("coordinators"), 1)
            if self._random("account", number).random() > 0.25
        )

    def rows(self, table: str) -> Iterator[Row]:
        made: Iterator[Row]
        match table:
            case "members":
                made = (self.member(number) for number in self._numbers)
            case "organizations":
                numbers = range(1, self.organizations + 1)
                made = (rows.organization(self._random(table, n), n, self.organizations) for n in numbers)
            case "payers":
                made = (rows.payer(self._random(table, n), n) for n in range(1, self.payers + 1))
            case "coordinators":
                made = (rows.coordinator(self._random(table, n), n) for n in range(1, self.coordinators + 1))
            case "connections":
                made = iter(rows.connections())
            case "pathways":
                made = iter(rows.pathways())
            case _:
                made = (row for number in self._numbers for row in self._children(table, number))
        for row in made:
            yield {**row, "updated_at": self._changed_at(table, row)}

    def member(self, number: int) -> Row:
        """One row of members. Relatives share the e-mail of the one before; duplicates are that one, typed in again.

        Half of the duplicates were found out.
        """
        row = self.single(self._random("members", number), number)
        kind = self.kind(number)
        if kind != "single":
            before = self.single(self._random("members", number - 1), number - 1)
            same = ("email", "phone", "last_name", *(("first_name", "birth_date") if kind == "duplicate" else ()))
            row.update({name: before[name] for name in same if before[name]})
        if kind == "duplicate" and self._random("found out", number).random() < 0.5:
            row["replaced_by"] = identifier("members", number - 1)
        return row

    def single(self, random: Random, number: int) -> Row:
        return rows.member(random, number, self.organizations, self.payers, self.coordinators)

    def kind(self, number: int) -> Literal["relative", "duplicate", "single"]:
        share = self._random("kind", number).random()
        if number % 2:
            return "single"
        return "relative" if share < 0.08 else "duplicate" if share < 0.14 else "single"

    def write_documents(self) -> None:
        for row in self.rows("attachments"):
            self.write_file(row)

    def write_file(self, row: Row) -> None:
        """Write the file that a row of attachments names; the oversize one takes no room on the disk."""
        path = self.documents / row["path"]
        self._write_file(path, row["size_bytes"], rows.OVERSIZE_BYTES, "file", row["id"])

    def child(self, random: Random, table: str, key: str, member: int, size: int | None = None) -> Row:
        """One row of a table of children. What is about a plan or an authorization is about the member's first one.

        ``size``: bytes of a file.
        """
        whose, first = identifier("members", member), member * ID_SPACE
        match table:
            case "care_plans":
                return rows.care_plan(random, key, whose, self.organizations, self.coordinators)
            case "authorizations":
                return rows.authorization(random, key, whose, self.payers)
            case "assessments":
                return rows.assessment(random, key, whose)
            case "encounters":
                return rows.encounter(random, key, whose, self.organizations)
            case "clinical_notes":
                about = ("member", whose), ("care_plan", identifier("care_plans", first))
                return rows.clinical_note(random, key, random.choice(about))
            case "action_items":
                plan = mistyped(random, 0.4, identifier("care_plans", first), "", None)
                return rows.action_item(random, key, whose, plan, self.coordinators)
            case "attachments":
                kinds = {"member": "members", "care_plan": "care_plans", "authorization": "authorizations"}
                kind = random.choice(tuple(kinds)) if size is None else "member"
                about_id = whose if kind == "member" else identifier(kinds[kind], first)
                return rows.attachment(random, key, (kind, about_id), size or random.randint(200, 4000))
            case _:
                return rows.activity(random, key, whose)

    def _children(self, table: str, number: int) -> Iterator[Row]:
        random = self._random(table, number)
        size = rows.OVERSIZE_BYTES if number == 1 else None
        for place in range(self._count(random, table, number)):
            owner = mistyped(random, 0.015, number, rows.NEVER_ISSUED + number)
            key = identifier(table, number * ID_SPACE + place)
            yield self.child(random, table, key, owner, size)

    def _count(self, random: Random, table: str, number: int) -> int:
        match table:
            case "encounters":
                return random.randint(1, 3)
            case "clinical_notes" | "activities":
                return random.randint(0, 2)
            case "attachments":
                return 1 if number == 1 else int(random.random() < 0.4)
            case "care_plans" | "authorizations":
                return int(random.random() < 0.8)
            case _:
                return int(random.random() < 0.6)
