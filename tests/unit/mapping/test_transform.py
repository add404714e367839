"""Transform on anything a source could hold: it refuses in one way only, and loses nothing in silence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from processors.ports import TransformError
from processors.transform import MappingTransform
from schemas.codec import Codec
from schemas.mapping import load_mapping, parse_mapping
from schemas.mapping.check import part_columns
from schemas.mapping.standard import empty
from schemas.mapping.values import is_blank, plain
from schemas.records import Json, Operation, Part, RecordChange, Unit, Value, Version
from tests.tiny import HEAD

CLINIC = load_mapping("clinic_place")
TRANSFORMS = {
    name: MappingTransform(load_mapping(name), workspace_url="https://crm.test") for name in ("clinic_place",)
}
VERSION, UNIT = Version(1, 1, 1, 1), Unit("cdc", 0, 1)
CODEC = Codec()
NOW = datetime(2024, 6, 1, tzinfo=UTC)

JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3))
VALUES: st.SearchStrategy[Value] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(10**30), 10**30),
    st.floats(),
    st.text(),
    st.sampled_from(
        ["", " ", "\0", "a\0b", "1", "2", "paid", "meeting", "call", "P-1", "USD", "a@b.test", "617-253-0000"]
    ),
    st.sampled_from(
        ["2024-03-10T02:30:00", "2024-02-30", "true", "https://a.test", "+1 617 253 0000 x1", "é\0", "\uff11\uff12"]
    ),
    st.binary(max_size=20),
    st.decimals(),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.sampled_from([UTC])),
    st.builds(Json, JSON),
)


def change(mapping_name: str, object_name: str, row: Mapping[str, Value]) -> RecordChange:
    return RecordChange(mapping_name, object_name, "1", Operation.UPSERT, row, NOW, NOW)


@pytest.mark.parametrize("object_name", sorted(CLINIC.all_parts()))
@settings(deadline=None)  # the machine may be busy
@given(data=st.data())
def test_any_row_is_a_write_or_a_refusal(object_name: str, data: st.DataObject) -> None:
    columns = sorted(set().union(*(part_columns(part) for part in CLINIC.parts_of(object_name))))
    row = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(columns, VALUES)))
    try:
        result = TRANSFORMS["clinic_place"](change("clinic_place", object_name, row), VERSION, UNIT)
    except TransformError:
        return
    assert result.write is not None
    assert CODEC.decode(CODEC.encode(result.write)) == result.write
    names = [part.name for part in result.write.parts]
    assert len(set(names)) == len(names) > 0
    for place, part in enumerate(result.write.parts):
        assert set(part.internal.values()) <= set(names[:place])
        assert all(link.twenty_id is None for link in part.links)
    for one in result.derived:
        TRANSFORMS["clinic_place"](one, VERSION, UNIT)


EVERYTHING = (
    HEAD
    + """\
twenty:
  thing:
    custom: {plural: things, label: Thing, labels: Things}
    fields:
      number: {type: NUMBER, label: Number}
      whole: {type: NUMBER, label: Whole}
      flag: {type: BOOLEAN, label: Flag}
      day: {type: DATE, label: Day}
      moment: {type: DATE_TIME, label: Moment}
      choice: {type: SELECT, label: Choice, options: [paid, call, meeting, '1']}
      money: {type: CURRENCY, label: Money}
      phones: {type: PHONES, label: Phones}
      emails: {type: EMAILS, label: Emails}
      page: {type: LINKS, label: Page}
      land: {type: TEXT, label: Land}
objects:
  thing:
    source: {relation: things, key: [id]}
    parts:
      - target: thing
        fields:
          name: v
          number: v
          whole: {from: v, as: integer}
          flag: v
          day: v
          moment: v
          choice: v
          money: v
          phones: v
          emails: v
          page: v
          land: {from: v, as: country}
"""
)
TYPES = {
    "name": "TEXT",
    "number": "NUMBER",
    "whole": "NUMBER",
    "day": "DATE",
    "moment": "DATE_TIME",
    "choice": "SELECT",
    "money": "CURRENCY",
    "phones": "PHONES",
    "emails": "EMAILS",
    "page": "LINKS",
    "land": "TEXT",
}
EVERY = MappingTransform(parse_mapping(EVERYTHING, "tiny.yaml"), workspace_url="https://crm.test")


def one_part(value: Value) -> Part:
    write = EVERY(change("tiny", "thing", {"v": value}), VERSION, UNIT).write
    assert write is not None
    return write.parts[0]


@settings(deadline=None)  # the machine may be busy
@given(VALUES)
@example("\uff11\uff12")
@example("a\0")
@example(datetime.max.replace(tzinfo=UTC))
def test_what_does_not_arrive_is_flagged(value: Value) -> None:
    part = one_part(value)
    flagged = {flag.field for flag in part.flags}
    if is_blank(value):
        assert flagged <= {"name"}
    for field, kind in TYPES.items():
        if not is_blank(value) and part.fields[field] == empty(kind):
            assert field in flagged, field
    assert ("flag" in flagged) == (not is_blank(value) and plain(value).strip().lower() not in BOOLEANS) or "\0" in str(
        value
    )


BOOLEANS = {"true", "t", "yes", "y", "1", "false", "f", "no", "n", "0"}


@settings(deadline=None)  # the machine may be busy
@given(VALUES)
def test_what_arrives_without_a_flag_is_what_the_source_says(value: Value) -> None:
    part = one_part(value)
    clean = {name: told for name, told in part.fields.items() if name not in {flag.field for flag in part.flags}}
    assert clean.get("name", plain(value)) == plain(value)
    if is_blank(value):
        return
    if "number" in clean:
        assert Decimal(repr(clean["number"])) == Decimal(plain(value).strip())
    if "whole" in clean:
        assert isinstance(clean["whole"], int)
    if "money" in clean:
        assert Decimal(clean["money"]["amountMicros"]) == Decimal(plain(value).strip()) * 10**6
    if "moment" in clean and isinstance(value, datetime) and value.tzinfo:
        assert value - datetime.fromisoformat(clean["moment"]) < timedelta(milliseconds=1)
    if "emails" in clean:
        assert clean["emails"]["primaryEmail"] == plain(value).strip().lower()
    if "page" in clean:
        assert clean["page"]["primaryLinkUrl"] == plain(value).strip()


REPEATED = (
    HEAD
    + """\
twenty:
  person: {fields: {sourceSystemId: {type: TEXT, label: Source}}}
objects:
  family:
    source: {relation: families, key: [id]}
    parts:
      - target: company
        fields:
          name: {template: "Family {name} of {town}"}
      - name: child
        target: person
        each: [{columns: {who: a}}, {columns: {who: b}}, {columns: {who: c, born: c_born}}]
        key: who
        fields: {name: {of: {firstName: who}}, city: {from: town, required: true}}
        links: {company: {to: family, by: id}}
      - name: doc
        target: attachment
        within: {company: ""}
        fields: {name: file}
        attachment: {path: file, name: file, size: size}
"""
)
FAMILY = MappingTransform(parse_mapping(REPEATED, "tiny.yaml"), workspace_url="https://crm.test")


def family(**row: Value) -> dict[str, Part]:
    change_of_it = RecordChange("tiny", "family", "1", Operation.UPSERT, row, NOW)
    write = FAMILY(change_of_it, VERSION, UNIT).write
    assert write is not None
    return {part.name: part for part in write.parts}


def test_parts_are_named_by_what_they_hold() -> None:
    found = family(id=1, name="Lee", town="Ulm", a="Ann", b=None, c=" ANN ", c_born="2001", file="x/y.bin", size="1.5")
    assert list(found) == ["", "child:ann", "doc"]
    assert found[""].fields["name"] == "Family Lee of Ulm"
    assert found["child:ann"].fields["sourceSystemId"] == "tiny/family/1#child:ann"
    assert [(flag.field, flag.reason, flag.raw) for flag in found[""].flags] == [
        ("child", "the same one is named twice", " ANN  / 2001")
    ]
    assert found["doc"].attachment is not None
    assert found["doc"].attachment.name == "x/y.bin"
    assert [(flag.field, flag.raw) for flag in found["doc"].flags] == [("attachment.size", "1.5")]


def test_a_part_that_lacks_what_it_requires_is_left_out_and_flagged() -> None:
    found = family(id=1, name=None, town=" ", a="Ann", b=None, c=None, c_born=None, file=None, size=None)
    assert list(found) == [""]
    assert found[""].fields["name"] == ""
    assert [(flag.field, flag.reason) for flag in found[""].flags] == [
        ("child", "city: a required value is empty"),
        ("doc", "attachment: a file without a path"),
    ]


def test_a_name_longer_than_a_key_is_flagged() -> None:
    found = family(id="k" * 1001, name="n", town="t", a="a" * 1001, b="Bea", c=None, c_born=None, file=None, size=None)
    assert list(found) == ["", "child:bea"]
    assert found[""].flags[0].reason == "too long for a name"
    assert [flag.reason for flag in found["child:bea"].flags] == ["too long for a key"]
    assert found["child:bea"].links == ()


def test_raw_text_of_a_flag_is_bounded() -> None:
    fields: dict[str, Any] = {flag.field: flag.raw for flag in one_part("x" * 200_000).flags}
    assert len(fields["day"]) == 65_536
