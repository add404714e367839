"""Merges at the source, as a mapping tells of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from processors.mergers import ITSELF, OWN
from processors.transform import NO_MERGE
from schemas.mapping import MappingError, parse_mapping
from schemas.records import Merger, PartMode, Value, WriteKind
from tests.tiny import HEAD, mapping, parts, transformed

MAPPING = """\
twenty:
  thing:
    custom: {plural: things, label: Thing, labels: Things}
    fields: {title: {type: TEXT, label: Title}}
objects:
  thing:
    source: {relation: things, key: [clinic, id], changed_at: changed}
    merged_into: [clinic, survivor]
    skip: [{reason: retired, when: {state: [retired]}}]
    parts: [{target: thing, fields: {title: title}}]
  merging:
    source: {relation: mergings, key: [no]}
    merges: {object: thing, loser: [clinic, old], survivor: [clinic, new]}
"""
OF = mapping(MAPPING)
ROW: dict[str, Value] = {"clinic": "a", "id": 1, "title": "x", "state": "", "survivor": 2}


def test_a_row_says_what_it_was_merged_into() -> None:
    changed = datetime(2024, 5, 1, 12, tzinfo=UTC)
    made = transformed(OF, ROW, record_id="a:1", source_changed_at=changed).write
    assert made is not None
    main, said = made.parts
    assert main.fields["title"] == "x", "it is written where the survivor is not there"
    assert (said.name, said.mode) == (OWN, PartMode.MERGER)
    assert said.merger == Merger("tiny/thing/a:1\0", "tiny/thing/a:2\0", "2024-05-01T12:00:00+00:00")


@pytest.mark.parametrize("survivor", [None, "", " "])
def test_a_row_without_a_survivor_says_nothing(survivor: str | None) -> None:
    assert list(parts(OF, {**ROW, "survivor": survivor})) == [""]


def test_nothing_is_merged_into_itself() -> None:
    made = transformed(OF, {**ROW, "survivor": 1}, record_id="a:1").write
    assert made is not None
    assert [part.name for part in made.parts] == [""]
    assert [flag.reason for flag in made.parts[0].flags] == [ITSELF]


def test_a_log_says_it_of_others_until_its_row_says_nothing() -> None:
    row: dict[str, Value] = {"no": 7, "clinic": "a", "old": 1, "new": 2}
    assert parts(OF, row, "merging")[""].merger == Merger("tiny/thing/a:1\0", "tiny/thing/a:2\0")
    undone = transformed(OF, {**row, "new": None}, "merging").write
    assert undone is not None
    assert (undone.kind, undone.skip) == (WriteKind.DELETE, NO_MERGE)


def test_a_log_is_read_after_what_it_speaks_of() -> None:
    assert {source.name: source.parents for source in OF.sources} == {"thing": (), "merging": ("thing",)}


@pytest.mark.parametrize(
    ("text", "wrong", "said"),
    [
        ("merged_into: [clinic, survivor]", "merged_into: survivor", "the key of thing has 2 columns, found 1"),
        ("object: thing,", "object: thin,", "did you mean 'thing'"),
        ("loser: [clinic, old]", "loser: old", "the key of thing has 2 columns, found 1 for loser"),
        ("merges: {object: thing, loser: [clinic, old], survivor: [clinic, new]}", "safe: []", "at least one part"),
        ("parts: [{target: thing,", "parts: [{name: other, target: thing,", "no main part of its own"),
    ],
)
def test_mistakes_are_told_with_their_line(text: str, wrong: str, said: str) -> None:
    assert text in MAPPING
    with pytest.raises(MappingError, match=said) as error:
        parse_mapping(HEAD + MAPPING.replace(text, wrong), "tiny.yaml")
    assert "tiny.yaml:" in str(error.value)
