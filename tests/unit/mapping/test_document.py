"""Mistakes in a mapping file: all at once, each with its line, what was expected and a suggestion."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.mapping import MappingError, SystemMapping, built_in, load_mapping, parse_mapping
from tests.tiny import HEAD

GOOD = (
    HEAD
    + """\
twenty:
  person:
    fields:
      sourceSystemId: {type: TEXT, label: Source system ID}
      mood: {type: SELECT, label: Mood, options: [glad, {label: so so, value: MIDDLING}]}
      clinic: {type: RELATION, label: Clinic, to: company, inverse: Patients}
  visit:
    custom: {plural: visits, label: Visit, labels: Visits}
    fields:
      fee: {type: CURRENCY, label: Fee}
      guest: {type: RELATION, label: Guest, to: person, inverse: Visits}
objects:
  patient:
    source: {relation: patients, key: [id], changed_at: changed}
    derives:
      - {object: clinic, key: clinic, carry: {name: clinic}}
    parts:
      - target: person
        fields:
          name: {of: {firstName: first, lastName: last}}
          mood: mood
        links:
          clinic: {to: ~clinic, by: clinic}
        aliases:
          phone: [{from: phone, as: phone}]
        adopt: [{field: name.lastName}]
  visit:
    source: {relation: visits, key: [id]}
    parts:
      - target: visit
        fields:
          name: title
          fee: fee
        links:
          guest: {to: patient, by: patient_id, required: true}
derived:
  clinic:
    parts:
      - target: company
        fields: {name: name}
"""
)


def broken(*changes: tuple[str, str]) -> list[str]:
    text = GOOD
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    with pytest.raises(MappingError) as caught:
        parse_mapping(text, "tiny.yaml")
    return str(caught.value).splitlines()


def test_the_good_one_is_good() -> None:
    assert parse_mapping(GOOD, "tiny.yaml").system == "tiny"


@pytest.mark.parametrize("name", built_in())
def test_what_comes_along_can_be_loaded(name: str) -> None:
    mapping = load_mapping(name)
    assert mapping.system == name
    assert isinstance(mapping, SystemMapping)


LINES = {
    # what is changed, into what: line, place, parts of the message
    ("zone: America/New_York", "zone: America/New_Yorc"): (3, "zone", "IANA"),
    ("region: US", "region: America"): (4, "region", "two-letter"),
    ("revision: 1", "revision: one"): (2, "revision", "valid integer"),
    ("revision: 1", "revision: 0"): (2, "revision", "greater than or equal to 1"),
    ("revision: 1\n", ""): (1, "", "the key 'revision' is missing"),
    ("currency: USD", "curency: USD"): (5, "curency", "unknown key 'curency'; did you mean 'currency'?"),
    ("type: TEXT", "type: TXT"): (10, "twenty.person.fields.sourceSystemId.type", "did you mean 'TEXT'?"),
    ("value: MIDDLING", "value: so-so"): (11, "options[1].value", "UPPER_SNAKE_CASE"),
    ("options: [glad,", "options: [middling,"): (11, "options[1]", "the value 'MIDDLING' is there already"),
    ("label: so so", "label: 'so, so'"): (11, "options[1].label", "no comma"),
    (", options: [glad, {label: so so, value: MIDDLING}]", ""): (11, "fields.mood", "expected `options`"),
    ("      mood: {", "      position: {"): (11, "fields.position", "reserves the name 'position'"),
    ("      mood: {", "      city: {"): (11, "fields.city", "has a standard field 'city'"),
    (", to: company, inverse: Patients", ", to: company"): (12, "fields.clinic", "`inverse`"),
    ("to: company, inverse", "to: compny, inverse"): (12, "fields.clinic.to", "did you mean 'company'?"),
    ("to: person, inverse: Visits", "to: person, inverse: Mood"): (17, "fields.guest.inverse", "'mood' already"),
    ("      fee: {", "      hba1c: {"): (16, "fields.hba1c", "such as 'hba1C'"),
    ("  visit:\n    custom", "  Visit:\n    custom"): (13, "twenty.Visit", "camelCase"),
    ("plural: visits", "plural: roles"): (13, "twenty.visit", "reserves this name"),
    ("relation: patients, key", "relation: patients, query: select 1, key"): (20, "source", "one of `relation`"),
    ("relation: visits, key", "query: select 1, changed_at: t, key"): (34, "changed_at", "has no `changed_at`"),
    ("key: [id], changed_at: changed", "key: [id], exclude: [id]"): (20, "exclude[0]", "cannot be excluded"),
    ("object: clinic, key", "object: klinic, key"): (22, "derives[0].object", "did you mean 'clinic'?"),
    ("carry: {name: clinic}", "carry: {called: clinic}"): (22, "derives[0].carry", "uses 'name'"),
    ("  - target: person", "  - target: peron"): (24, "parts[0].target", "did you mean 'person'?"),
    ("firstName: first,", "fistName: first,"): (26, "fields.name.of.fistName", "did you mean 'firstName'?"),
    ("          mood: mood", "          moot: mood"): (27, "fields.moot", "did you mean 'mood'?"),
    ("          mood: mood", "          mood: {constant: GLAT}"): (27, "mood.constant", "did you mean 'GLAD'?"),
    ("          mood: mood", "          mood: {from: m, values: {a: GLAT}}"): (27, "mood.values.a", "'GLAD'?"),
    ("          mood: mood", "          mood: {from: m, as: trim}"): (27, "mood.as", "does not make a SELECT"),
    ("          mood: mood", "          mood: {from: m, as: trom}"): (27, "mood.as", "did you mean 'trim'?"),
    ("          mood: mood", "          mood: {from: m, equals: x}"): (27, "mood.equals", "only for BOOLEAN"),
    ("          mood: mood", "          mood: {from: m, constant: GLAD}"): (27, "fields.mood", "exactly one of"),
    ("          mood: mood", "          mood: {}"): (27, "fields.mood", "found none"),
    ("          mood: mood", "          city: {constant: 5}"): (27, "city.constant", "no constant for a TEXT"),
    ("          mood: mood", "          clinic: clinic"): (27, "fields.clinic", "is a relation"),
    ("          mood: mood", "          sourceSystemId: id"): (27, "fields.sourceSystemId", "leave it out"),
    ("          mood: mood", "          city: {record_url: x}"): (27, "city.record_url", "no part 'x'"),
    ("lastName: last}", "lastName: {record_url: ''}}"): (26, "lastName.record_url", "only as the whole"),
    ("          clinic: {to", "          klinic: {to"): (29, "links.klinic", "did you mean 'clinic'?"),
    ("{to: ~clinic, by", "{to: ~klinic, by"): (29, "links.clinic.to", "did you mean '~clinic'?"),
    ("{to: ~clinic, by", "{to: visit, by"): (29, "links.clinic", "expected a company, and visit becomes a visit"),
    ("{to: ~clinic, by", "{to: ~clinic, alias: phone, by"): (29, "links.clinic", "expected one of `to`"),
    ("{to: ~clinic, by", "{to: ~clinic, part: x, by"): (29, "links.clinic", "has no part 'x'"),
    ("{to: ~clinic, by", "{alias: fone, by"): (29, "links.clinic.alias", "did you mean 'phone'?"),
    ("{to: ~clinic, by: clinic}", "{alias: phone, by: [a, b]}"): (29, "links.clinic.by", "1 values, found 2"),
    ("as: phone}]", "as: integer}]"): (31, "aliases.phone[0].as", "does not make a TEXT"),
    ("field: name.lastName", "field: name.surname"): (32, "adopt[0]", "'name.surname' is no field"),
    ("by: patient_id,", "by: [a, b],"): (41, "links.guest.by", "1 columns, found 2"),
    ("{to: patient, by: patient_id, required: true}", "patient"): (41, "links.guest", "expected keys and values here"),
    ("      - {object: clinic, key: clinic, carry: {name: clinic}}", "      []"): (43, "derived.clinic", "no object"),
}


@pytest.mark.parametrize("change", LINES)
def test_a_mistake_names_its_line_and_what_was_expected(change: tuple[str, str]) -> None:
    line, place, message = LINES[change]
    problems = broken(change)
    assert any(
        problem.startswith(f"tiny.yaml:{line}: ") and place in problem and message in problem for problem in problems
    ), problems


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("      - {target: note, fields: {title: a}}\n", "a part named '' is there already"),
        ("      - {name: x, target: note, key: a}\n", "only together with `each`"),
        ("      - {name: x, target: note, each: [{columns: {a: b}}]}\n", "needs a `name` and a `key`"),
        ("      - {name: x, target: noteTarget, within: {note: ''}, links: {}}\n", ""),
        ("      - {name: x, target: noteTarget, within: {note: y}}\n", "no part 'y' before this one"),
        ("      - {name: x, target: noteTarget, within: {notes: ''}}\n", "did you mean 'note'?"),
        ("      - {name: x, target: taskTarget, within: {visit: ''}}\n", ""),
        ("      - {name: x, target: person, match: {field: e, by: {record_url: ''}}}\n", "only as the whole"),
        (
            "      - {name: x, target: person, anchor: {to: patient, by: a}, match: {field: e, by: a}}\n",
            "expected one of `anchor`",
        ),
        (
            "      - {name: x, target: person, match: {field: e, by: a}, fields: {city: a}, adopt: [{field: city}]}\n",
            "only a row of our own",
        ),
    ],
)
def test_parts_fit_together(more: str, message: str) -> None:
    text = GOOD.replace("derived:\n", f"{more}derived:\n")
    if not message:
        parse_mapping(text, "tiny.yaml")
        return
    with pytest.raises(MappingError, match=r"tiny\.yaml:42: ") as caught:
        parse_mapping(text, "tiny.yaml")
    assert message in str(caught.value)


def test_all_mistakes_come_at_once_in_the_order_of_their_lines() -> None:
    problems = broken(
        ("mood: mood", "moot: mood"), ("firstName: first", "fistName: first"), ("by: patient_id", "by: []")
    )
    assert [problem.split(":")[1] for problem in problems] == ["41"]  # the shape comes first
    problems = broken(("mood: mood", "moot: mood"), ("firstName: first", "fistName: first"), ("to: patient", "to: x"))
    assert [problem.split(":")[1] for problem in problems] == ["26", "27", "41"]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("system: [", 1, "not valid YAML"),
        ("system: a\nsystem: b\n", 2, "not valid YAML: found duplicate key"),
        ("- a\n", 1, "expected a mapping that begins with"),
        ("", 1, "expected a mapping that begins with"),
    ],
)
def test_a_file_that_is_no_mapping(text: str, line: int, message: str) -> None:
    with pytest.raises(MappingError) as caught:
        parse_mapping(text, "x.yaml")
    assert caught.value.problems[0].line == line
    assert message in str(caught.value)


def test_a_file_that_is_not_there_names_the_mappings_that_are(tmp_path: Path) -> None:
    with pytest.raises(
        MappingError, match=r"cannot be read: expected the path of a YAML file, or one of .*clinic_place"
    ):
        load_mapping(tmp_path / "none.yaml")
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(MappingError, match="is no UTF-8 text"):
        load_mapping(binary)
