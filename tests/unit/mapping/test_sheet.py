"""The field sheet and the comparison of two mappings: nothing that is in the file is left unsaid."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from schemas.mapping import SystemMapping, built_in, load_mapping, parse_mapping
from schemas.mapping.comparison import Comparison, compare
from schemas.mapping.document import BUILT_IN
from schemas.mapping.sheet import Line, lines
from schemas.mapping.wording import conditions
from tests.tiny import mapping
from tests.unit.mapping.test_constructs import CONDITIONS, PAYERS, PLAN, PROPERTIES
from tests.unit.mapping.test_skips import PATIENTS

CLINIC = load_mapping("clinic_place")
TEXT = (BUILT_IN / "clinic_place.yaml").read_text()


def line(of: SystemMapping, source: str, field: str) -> Line:
    return next(one for one in lines(of) if (one.source, one.field) == (source, field))


@pytest.mark.parametrize("name", built_in())
def test_every_field_and_every_relation_has_a_line(name: str) -> None:
    of = load_mapping(name)
    listed = [(one.source, one.target, one.field) for one in lines(of)]
    for source, parts in of.all_parts().items():
        for part in parts:
            for field in (*part.fields, *part.within, *part.links):
                assert (source, part.target, field) in listed
    assert all(one.how for one in lines(of))


@pytest.mark.parametrize(
    ("source", "field", "how", "columns"),
    [
        ("patient", "personRole", "always “PATIENT”", ()),
        ("patient", "primaryInsurer", "the company of ~carrier by", ("insurer_1", "insurer_2", "primary_insurer")),
        ("invoice", "balanceDue", "amount_billed less amount_paid, in the currency of currency",
         ("amount_billed", "amount_paid", "currency")),
        ("document", "hasAttachment", "always yes", ()),
        ("document", "attachmentUrl", "the address of the record's page in Twenty", ()),
        ("document", "(file)", "the file itself", ("path", "file_name", "size_bytes")),
        ("emergency_contact", "emergencyContact", "the person known as patient_contact by name", ("name", "phone")),
        ("~location", "isHeadquarters", "is_hq", ("is_hq",)),
    ],
)  # fmt: skip
def test_a_line_says_where_a_field_comes_from(source: str, field: str, how: str, columns: tuple[str, ...]) -> None:
    found = line(CLINIC, source, field)
    assert how in found.how and found.columns == columns


def test_a_line_says_whether_a_column_may_hold_patient_data() -> None:
    assert line(CLINIC, "patient", "dateOfBirth").patient_data
    assert not line(CLINIC, "appointment", "durationMinutes").patient_data


def test_the_columns_of_repeated_groups_are_the_source_s_own() -> None:
    assert line(CLINIC, "patient", "planName").columns == ("plan_2",)


def test_what_constructs_mean_is_said_in_words() -> None:
    assert line(CONDITIONS, "thing", "done").how == "at, while status is “completed”"
    assert "one for each item of lines, told apart by number, while code is filled" in [
        one.part.removeprefix("line, ") for one in lines(PLAN)
    ]
    assert line(PROPERTIES, "property", "contact").values == (("Phone", "PHONE"), ("Email", "EMAIL"))
    assert conditions(CONDITIONS.objects["thing"].parts[0].fields["note"].when) == "status is not “cancelled”"


def changed(edit: Callable[[str], str], revision: int = 2) -> Comparison:
    text = edit(TEXT)
    assert text != TEXT or revision == 1
    return compare(CLINIC, parse_mapping(text.replace("revision: 1", f"revision: {revision}"), "new.yaml"))


def test_nothing_differs_from_itself() -> None:
    assert compare(CLINIC, CLINIC) == Comparison((), (), ())


@pytest.mark.parametrize(
    ("said", "instead", "sign", "what", "rewritten"),
    [
        ("          city: city\n", "", "-", "patient → person: city", ("patient",)),
        ("          city: city\n", "          city: street\n", "~", "patient → person: city", ("patient",)),
        ("          author: author\n", "          author: {from: author, expected: true}\n", "~",
         "clinical_note → note: author", ("clinical_note",)),
        ("          name: name\n          insuranceCarrier: {constant: true}\n", "          name: name\n", "-",
         "~carrier → company: insuranceCarrier", ("~carrier",)),
        ("key: [invoice_id], changed_at", "key: [invoice_number], changed_at", "~", "invoice: source", ("invoice",)),
        ("zone: America/New_York", "zone: America/Chicago", "~", "zone",
         tuple(CLINIC.all_parts())),
        ("confirm: [name.firstName, name.lastName, dateOfBirth]", "confirm: [dateOfBirth]", "~",
         "patient → person: adopt", ("patient",)),
        ("        apart: plan\n", "", "~", "patient → coverage (coverage): apart", ("patient",)),
        ("planName: {type: TEXT, label: Plan name}", "planName: {type: TEXT, label: Plan}", "~",
         "Twenty: coverage.planName", ()),
    ],
)  # fmt: skip
def test_a_difference_is_named_with_what_follows(
    said: str, instead: str, sign: str, what: str, rewritten: tuple[str, ...]
) -> None:
    found = changed(lambda text: text.replace(said, instead, 1))
    assert (sign, what) in [(one.sign, one.what) for one in found.differences]
    assert found.rewritten == rewritten


def test_a_reviewer_is_warned_of_what_cannot_be_seen() -> None:
    same = changed(lambda text: text.replace("          city: city\n", ""), revision=1)
    assert "raise it" in same.warnings[0]
    assert changed(lambda text: text + "\n").warnings == ("the revision was raised, and nothing else has changed",)
    other_key = changed(lambda text: text.replace("key: [invoice_id], changed_at", "key: [invoice_number], changed_at"))
    assert any("another key means other records" in warning for warning in other_key.warnings)
    fewer = changed(lambda text: text.replace("      practice: {type: TEXT, label: Practice}\n", "").replace(
        "          practice: practice\n", ""))  # fmt: skip
    assert any("person.practice is not removed" in warning for warning in fewer.warnings)


def test_skip_rules_and_modes_are_differences_too() -> None:
    without = PATIENTS.model_copy(
        update={"objects": {"patient": PATIENTS.objects["patient"].model_copy(update={"skip": []})}}
    )
    assert [one.what for one in compare(without, PATIENTS).differences] == ["patient: skip"]
    records, text = (mapping(PAYERS.format(chosen=one, option="text", to="payer")) for one in ("records", "text"))
    said = [(one.sign, one.what) for one in compare(records, text).differences]
    assert {("~", "modes"), ("-", "object payer"), ("+", "patient → person: payerName")} <= set(said)
