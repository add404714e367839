"""What the language can say about values, beyond one column to one field."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.mapping import MappingError, producible
from schemas.mapping.values import natural_key
from schemas.records import Flag, Json, Value
from tests.tiny import mapping, one, parts, thing

SPECIALTIES = thing(
    "specialties: {type: MULTI_SELECT, label: S, options: [Cardiology, Pediatrics, {label: ENT, value: EAR_NOSE}]}\n",
    """\
    - target: thing
      fields:
        name: id
        specialties: {from: specialties, split: ;}
    """,
)


@pytest.mark.parametrize(
    ("written", "options"),
    [
        ("Pediatrics; cardiology", ["CARDIOLOGY", "PEDIATRICS"]),
        ("cardiology;;Cardiology ", ["CARDIOLOGY"]),
        (Json(["ENT", "pediatrics"]), ["PEDIATRICS", "EAR_NOSE"]),
        (Json([]), []),
        (Json([None, ""]), []),
        ("", []),
        (None, []),
    ],
)
def test_a_multi_select_takes_every_text_that_has_an_option(written: Value, options: list[str]) -> None:
    fields, flags = one(SPECIALTIES, {"id": "1", "specialties": written})
    assert (fields["specialties"], flags) == (options, [])


def test_a_text_without_an_option_is_flagged_and_the_others_arrive() -> None:
    fields, flags = one(SPECIALTIES, {"id": "1", "specialties": "Cardiology;Astrology"})
    assert fields["specialties"] == ["CARDIOLOGY"]
    assert flags == [Flag("specialties", "a value without a mapping", "Cardiology;Astrology")]


@pytest.mark.parametrize("written", [Json([["ENT"]]), Json([{"a": 1}, 7]), Json({"ENT": 1})])
def test_a_list_of_anything_else_is_flagged(written: Json) -> None:
    fields, flags = one(SPECIALTIES, {"id": "1", "specialties": written})
    assert (fields["specialties"], len(flags)) == ([], 1)


@given(st.lists(st.sampled_from(["Cardiology", " ENT", "PEDIATRICS", "unheard of", ""])))
def test_the_order_in_a_multi_select_says_nothing(texts: list[str]) -> None:
    forth, back = (
        one(SPECIALTIES, {"id": "1", "specialties": ";".join(some)})[0] for some in (texts, list(reversed(texts)))
    )
    assert forth == back
    assert len(forth["specialties"]) == len({natural_key(text) for text in texts} - {"", "unheard of"})


CONDITIONS = thing(
    "done: {type: DATE, label: Done}\nnote: {type: TEXT, label: Note}\n",
    """\
    - target: thing
      fields:
        name: id
        done: {from: at, when: {status: [completed]}}
        note: {from: note, expected: true, when: {status: {not: [cancelled]}}}
    - {name: large, target: thing, when: {size: {above: 25}}, fields: {name: id}}
    - {name: small, target: thing, when: {size: {at_most: 25}}, fields: {name: id}}
    - {name: unsized, target: thing, when: {size: blank}, fields: {name: id}}
    """,
)


@pytest.mark.parametrize(
    ("status", "note", "done", "flags"),
    [
        ("Completed", "x", "2024-05-04", []),
        ("scheduled", "x", None, []),
        ("scheduled", "", None, [Flag("note", "expected, and empty")]),
        ("cancelled", None, None, []),
        (None, " ", None, [Flag("note", "expected, and empty")]),
    ],
)
def test_a_value_counts_only_while_its_conditions_hold(
    status: str | None, note: str | None, done: str | None, flags: list[Flag]
) -> None:
    fields, found = one(CONDITIONS, {"id": "1", "status": status, "note": note, "at": "2024-05-04", "size": 1})
    assert (fields["done"], found) == (done, flags)


@pytest.mark.parametrize(
    ("size", "name"), [(25, "small"), ("25.5", "large"), (Decimal("1e3"), "large"), (None, "unsized"), ("", "unsized")]
)
def test_a_part_is_chosen_by_a_number(size: Value, name: str) -> None:
    row = {"id": "1", "status": "x", "note": "x", "at": None, "size": size}
    assert set(parts(CONDITIONS, row)) == {"", name}


@given(st.one_of(st.none(), st.text(), st.floats(), st.decimals(), st.booleans(), st.binary()))
def test_no_number_is_within_no_bounds_and_any_column_is_blank_or_present(size: Any) -> None:
    row = {"id": "1", "status": "x", "note": "x", "at": None, "size": size}
    names = set(parts(CONDITIONS, row)) - {""}
    assert len(names) <= 1


PLAN = thing(
    "code: {type: TEXT, label: Code}\nfee: {type: CURRENCY, label: Fee}\n",
    """\
    - target: thing
      fields: {name: title}
    - name: line
      target: thing
      each: {array: lines, columns: {number: no, code: procedure.code, fee: fee}}
      key: number
      when: {code: present}
      fields: {name: {template: "{title} {number}"}, code: code, fee: fee}
    """,
)


@pytest.mark.parametrize("text", [False, True])
def test_each_item_of_an_array_is_a_part_named_by_its_key(text: bool) -> None:
    lines = [{"no": 2, "procedure": {"code": "D02"}, "fee": 12.5}, {"no": "a", "procedure": {"code": "D01"}}, {"no": 3}]
    text_of_it = '[{"no":2,"procedure":{"code":"D02"},"fee":12.50},{"no":"a","procedure":{"code":"D01"}},{"no":3}]'
    made = parts(PLAN, {"id": "1", "title": "Plan", "lines": text_of_it if text else Json(lines)})
    assert list(made) == ["", "line:2", "line:a"]
    assert made["line:2"].fields["code"] == "D02"
    assert made["line:2"].fields["fee"]["amountMicros"] == 12_500_000
    assert made["line:2"].fields["name"] == "Plan 2"


@pytest.mark.parametrize("lines", ["no json", '{"no": 1}', Json({"no": 1}), 7])
def test_what_is_no_array_is_flagged_and_the_record_arrives(lines: Value) -> None:
    made = parts(PLAN, {"id": "1", "title": "Plan", "lines": lines})
    assert list(made) == [""]
    assert "an array was expected" in made[""].flags[0].reason


def test_two_items_of_one_key_are_flagged() -> None:
    item = {"no": 1, "procedure": {"code": "D"}}
    made = parts(PLAN, {"id": "1", "title": "Plan", "lines": Json([item, item])})
    assert list(made) == ["", "line:1"]
    assert made[""].flags[0].reason == "the same one is named twice"


@given(st.permutations([{"no": n, "procedure": {"code": f"D{n}"}, "fee": n} for n in range(4)]))
def test_items_are_known_by_their_keys_whatever_their_order(items: list[dict[str, Any]]) -> None:
    made = parts(PLAN, {"id": "1", "title": "Plan", "lines": Json(items)})
    assert {name: part.fields["code"] for name, part in made.items() if name} == {
        f"line:{n}": f"D{n}" for n in range(4)
    }


def test_times_are_local_to_the_zone_of_their_object() -> None:
    here = mapping(
        """\
        twenty:
          note: {fields: {seen: {type: DATE_TIME, label: Seen}}}
        objects:
          near: &note
            source: {relation: near, key: [id]}
            parts: [{target: note, fields: {seen: at}}]
          far:
            <<: *note
            source: {relation: far, key: [id], zone: Asia/Tokyo}
        """
    )
    row: dict[str, Value] = {"id": "1", "at": datetime.fromisoformat("2024-01-05T12:00")}
    assert parts(here, row, "near")[""].fields["seen"] == "2024-01-05T17:00:00.000Z"
    assert parts(here, row, "far")[""].fields["seen"] == "2024-01-05T03:00:00.000Z"


HIERARCHY = mapping(
    """\
    twenty:
      company:
        fields:
          sourceSystemId: {type: TEXT, label: Source}
          parentCompany: {type: RELATION, label: Parent company, to: company, inverse: Subsidiaries}
    objects:
      organization:
        source: {relation: organizations, key: [id]}
        parts:
          - target: company
            fields: {name: name}
            links: {parentCompany: {to: organization, by: parent_id, expected: true}}
    """
)


def test_a_hierarchy_is_a_reference_of_an_object_to_itself() -> None:
    (link,) = parts(HIERARCHY, {"id": "1", "name": "Branch", "parent_id": "9"}, "organization")[""].links
    assert (link.field, link.token, link.required) == ("parentCompany", "tiny/organization/9\0", False)
    assert HIERARCHY.sources[0].parents == ()


def test_an_expected_reference_that_is_empty_is_flagged() -> None:
    part = parts(HIERARCHY, {"id": "1", "name": "Branch", "parent_id": None}, "organization")[""]
    assert (part.links, part.flags) == ((), (Flag("parentCompany", "expected, and empty"),))


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("{from: x, split: ;}", "expected only for MULTI_SELECT"),
        ("{from: x, when: {y: {}}}", "expected `above`, `at_most` or both"),
        ("{from: x, when: {y: []}}", "at least 1"),
        ("{from: x, when: {y: pressent}}", "did you mean 'present'"),
        ("{from: x, country: y}", "expected only together with `as: state`"),
        ("{from: x, required: true, expected: true}", "a required value is always expected"),
        ("{constant: x, expected: true}", "expected only for a value that can be empty"),
    ],
)
def test_mistakes_are_told_with_their_line(rule: str, message: str) -> None:
    with pytest.raises(MappingError) as error:
        thing("note: {type: TEXT, label: Note}\n", f"- {{target: thing, fields: {{name: id, note: {rule}}}}}\n")
    assert message in str(error.value)
    assert all(problem.line == 16 for problem in error.value.problems), str(error.value)


PROPERTIES = mapping(
    """\
    twenty:
      person:
        fields:
          source: {type: TEXT, label: Referral source}
          contact: {type: SELECT, label: Preferred contact, options: [Phone, Email]}
          signed: {type: DATE, label: Consent signed}
    objects:
      patient:
        source: {relation: patients, key: [id]}
        parts: [{target: person, fields: {jobTitle: job}}]
      property:
        source: {relation: properties, key: [patient_id, name]}
        parts:
          - target: person
            anchor: {to: patient, by: patient_id, required: true}
            pick:
              by: name
              fields:
                Referral Source: {source: value}
                Preferred contact: {contact: value}
                Consent signed: {signed: {from: value, formats: ["%m/%d/%Y"]}}
    """
)


@pytest.mark.parametrize(
    ("name", "value", "fields"),
    [
        ("referral source", "a friend", {"source": "a friend"}),
        ("Preferred contact", "phone", {"contact": "PHONE"}),
        ("Consent signed", "05/04/2024", {"signed": "2024-05-04"}),
    ],
)
def test_a_property_in_a_row_of_its_own_fills_its_field_alone(name: str, value: str, fields: dict[str, Any]) -> None:
    part = parts(PROPERTIES, {"patient_id": "7", "name": name, "value": value}, "property")[""]
    assert (part.fields, part.flags) == (fields, ())


def test_a_property_without_a_field_is_flagged_and_fills_nothing() -> None:
    part = parts(PROPERTIES, {"patient_id": "7", "name": "Shoe size", "value": "43"}, "property")[""]
    assert (part.fields, part.flags) == ({}, (Flag("name", "a property without a field", "Shoe size"),))


def test_options_of_properties_are_the_other_record_s_and_those_of_texts_are_values() -> None:
    assert producible(PROPERTIES)["patient", "person", "contact"] == {"PHONE", "EMAIL"}
    assert producible(SPECIALTIES) == {("thing", "thing", "specialties"): {"CARDIOLOGY", "PEDIATRICS", "EAR_NOSE"}}


PAYERS = """\
    modes:
      payers: {{about: payer records or their names as text, options: [records, text], chosen: {chosen}}}
    twenty:
      person:
        fields:
          payerName: {{type: TEXT, label: Payer, only: {{payers: text}}}}
          payer: {{type: RELATION, label: Payer, to: company, inverse: Insured, only: {{payers: records}}}}
    objects:
      payer:
        only: {{payers: records}}
        source: {{relation: payers, key: [id]}}
        parts: [{{target: company, fields: {{name: name}}}}]
      patient:
        source: {{relation: patients, key: [id]}}
        parts:
          - {{name: none, target: note, only: {{payers: text}}, fields: {{title: id}}}}
          - target: person
            fields: {{jobTitle: job, payerName: {{from: payer_name, only: {{payers: {option}}}}}}}
            links: {{payer: {{to: {to}, by: payer_id, only: {{payers: records}}}}}}
"""


def test_a_mode_is_chosen_once_for_the_whole_file() -> None:
    records, text = (mapping(PAYERS.format(chosen=one, option="text", to="payer")) for one in ("records", "text"))
    row: dict[str, Value] = {"id": "1", "job": "x", "payer_name": "Acme", "payer_id": "9"}
    with_record, with_text = parts(records, row, "patient"), parts(text, row, "patient")
    assert [link.token for link in with_record[""].links] == ["tiny/payer/9\0"]
    assert (set(with_record[""].fields), set(with_record)) == ({"jobTitle"}, {""})
    assert (with_text[""].links, with_text[""].fields["payerName"]) == ((), "Acme")
    assert (set(records.objects), set(text.objects)) == ({"payer", "patient"}, {"patient"})
    assert set(text.twenty["person"].fields) == {"payerName"}


@pytest.mark.parametrize(
    ("chosen", "option", "to", "line", "message"),
    [
        ("record", "text", "payer", 8, "expected one of records, text; did you mean 'records'?"),
        ("records", "txet", "payer", 24, "the mode 'payers' has no option 'txet'; did you mean 'text'?"),
        ("text", "text", "payers", 25, "no object 'payers' in this mapping; did you mean 'payer'?"),
    ],
)
def test_a_mistake_in_any_mode_is_told_at_its_line(chosen: str, option: str, to: str, line: int, message: str) -> None:
    with pytest.raises(MappingError) as error:
        mapping(PAYERS.format(chosen=chosen, option=option, to=to))
    assert any(one.line == line and message in one.message for one in error.value.problems), str(error.value)
