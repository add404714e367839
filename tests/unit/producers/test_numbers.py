"""What numbers in columns are taken for, and where a person is asked instead: from rows to lines of a draft."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from producers.propose.draft import Head, draft
from producers.propose.line import Line
from producers.propose.proposal import THRESHOLD, propose
from producers.propose.writing import as_yaml
from schemas.mapping.document import parse_mapping
from tests.unit.producers.profile.survey_world import patients, survey


@pytest.fixture
def line(tmp_path: Path) -> Callable[..., Line]:
    """The line for one column of a claim of a patient, whose values are made by the number of the row."""

    def proposed(column: str, value: Callable[[int], Any], *, of: str = "claims") -> Line:
        claims = [{"claim_id": 7000 + n, "PatNo": n % 20 + 1} for n in range(60)]
        tables: dict[str, list[dict[str, Any]]] = {"patients": patients(), "claims": claims}
        tables[of] = [{**row, column: value(n)} for n, row in enumerate(tables[of])]
        found = propose(survey(tables, tmp_path, keys={"claims": "claim_id"}))
        (one,) = (one for proposal in found for one in proposal.lines if one.column == column)
        return one

    return proposed


@pytest.mark.parametrize("name", ["visits_used", "FilingDays", "age", "pages", "weight", "pct"])
def test_a_name_that_says_what_is_counted_makes_a_number(line: Callable[..., Line], name: str) -> None:
    one = line(name, lambda n: n % 37)
    assert (one.place, one.confidence >= THRESHOLD) == ("NUMBER", True)


@pytest.mark.parametrize("name", ["xq", "rvwr", "group", "utilization", "starting"])
def test_a_name_that_does_not_is_asked_about(line: Callable[..., Line], name: str) -> None:
    assert line(name, lambda n: n % 37).confidence < THRESHOLD
    assert line(name, lambda n: n % 37 + 0.25).confidence < THRESHOLD


@pytest.mark.parametrize(("yes", "values"), [("1", (0, 1)), ("-1", (0, -1))])
def test_two_numbers_are_yes_and_no(line: Callable[..., Line], yes: str, values: tuple[int, int]) -> None:
    one = line("smoker", lambda n: values[n % 2])
    assert (one.place, one.rule, one.confidence >= THRESHOLD) == ("BOOLEAN", {"from": "smoker", "equals": yes}, True)


def test_a_third_number_is_neither(line: Callable[..., Line]) -> None:
    assert line("smoker", lambda n: 2 if n == 5 else n % 2).place != "BOOLEAN"


def test_days_in_digits_are_days(line: Callable[..., Line]) -> None:
    one = line("service_date", lambda n: 20240101 + n % 28)
    assert (one.place, one.rule) == ("DATE", {"from": "service_date", "formats": ["%Y%m%d"]})


@pytest.mark.parametrize("name", ["service_date", "birth_dt"])
def test_days_counted_from_some_day_are_asked_about(line: Callable[..., Line], name: str) -> None:
    assert line(name, lambda n: 45000 + 3 * n).confidence < THRESHOLD


def test_hundredths_of_an_amount_are_no_amount(line: Callable[..., Line]) -> None:
    assert line("fee", lambda n: 4550 + n).confidence >= THRESHOLD
    assert line("fee_cents", lambda n: 4550 + n).confidence < THRESHOLD


def test_one_number_in_every_row_is_asked_about(line: Callable[..., Line]) -> None:
    assert line("visits_used", lambda _: 0).confidence < THRESHOLD


def test_a_long_number_of_a_person_may_be_of_an_identity_paper(line: Callable[..., Line]) -> None:
    assert line("xq_num", lambda n: 48213309 + n).confidence >= THRESHOLD
    assert line("xq", lambda n: 48213309 + n).confidence >= THRESHOLD
    assert line("xq", lambda n: 48213309 + n, of="patients").confidence < THRESHOLD


def sites(values: Callable[[int], int], named: str) -> Mapping[str, list[dict[str, Any]]]:
    return {
        "patients": [{**row, named: values(n)} for n, row in enumerate(patients())],
        "sites": [{"id": n, "name": f"Site {n}", "street": f"{n} Elm", "city": "Kiel"} for n in range(1, 9)],
    }


@pytest.mark.parametrize(
    ("values", "named", "sure"),
    [
        (lambda n: n % 8 + 1, "site_id", True),
        (lambda n: n % 2 + 1, "site_id", True),
        (lambda n: n % 2 + 1, "booked_site", False),
        (lambda _: 1, "site_id", False),
    ],
)
def test_few_small_numbers_are_keys_of_anything(
    values: Callable[[int], int], named: str, sure: bool, tmp_path: Path
) -> None:
    found = propose(survey(sites(values, named), tmp_path, keys={"sites": "id"}))
    (one,) = (one for proposal in found for one in proposal.lines if one.column == named)
    assert (one.place, one.confidence >= THRESHOLD) == ("-> sites", sure)


def test_whatever_numbers_there_are_the_draft_is_a_mapping(tmp_path: Path) -> None:
    rows = [
        {**row, "seen_on": 20240101 + n, "smoker": -(n % 2), "visits": n, "xq": n} for n, row in enumerate(patients())
    ]
    profile = survey({"patients": rows}, tmp_path)
    mapping = parse_mapping(as_yaml("sunrise", draft(propose(profile)), Head()), "draft.yaml")
    person = mapping.objects["patients"].parts[0]
    types = {one.type for one in mapping.twenty["person"].fields.values()}
    assert {"DATE", "BOOLEAN", "NUMBER"} <= types
    assert "xq" not in {rule.from_ for rule in person.fields.values()}


@pytest.mark.parametrize(
    "value", [lambda n: (n % 21 - 10) * 0.25 + 0.5, lambda n: f"{n % 30 + 50.5:.1f}"], ids=["signed", "one place"]
)
def test_decimals_that_are_not_written_as_money_are_measured(
    line: Callable[..., Line], value: Callable[[int], Any]
) -> None:
    one = line("xq", value)
    assert (one.place, one.confidence >= THRESHOLD) == ("NUMBER", True)
    assert line("xq_value", value).confidence < THRESHOLD


def test_beside_an_amount_any_decimals_may_be_one(tmp_path: Path) -> None:
    claims = [
        {"claim_id": 7000 + n, "PatNo": n % 20 + 1, "fee": n + 0.5, "xq": (n % 21 - 10) * 0.25 + 0.5} for n in range(60)
    ]
    found = propose(survey({"patients": patients(), "claims": claims}, tmp_path, keys={"claims": "claim_id"}))
    (one,) = (one for proposal in found for one in proposal.lines if one.column == "xq")
    assert one.confidence < THRESHOLD


@pytest.mark.parametrize(("one", "other"), [("od_xq", "os_xq"), ("XqLeft", "XqRight"), ("r_xq", "l_xq")])
def test_what_both_sides_of_a_body_have_is_measured(one: str, other: str, tmp_path: Path) -> None:
    exams = [{"exam_id": 7000 + n, "PatNo": n % 20 + 1, one: n % 37, other: n % 31} for n in range(60)]
    found = propose(survey({"patients": patients(), "exams": exams}, tmp_path, keys={"exams": "exam_id"}))
    lines = {line.column: line for proposal in found for line in proposal.lines}
    assert {lines[name].place for name in (one, other) if lines[name].confidence >= THRESHOLD} == {"NUMBER"}
    assert one in lines and other in lines


def test_several_choices_in_one_text_are_no_choice(line: Callable[..., Line]) -> None:
    assert line("coating", lambda n: ("AR", "UV", "AR,UV", "UV,SRC")[n % 4]).place == "TEXT"
    assert line("coating", lambda n: ("AR", "UV", "SRC", "none")[n % 4]).place == "SELECT"
    assert line("lens_group_no", lambda n: ("G-01", "G-02", "G-03")[n % 3]).place == "TEXT"


def test_clocks_of_twelve_hours_are_times(line: Callable[..., Line]) -> None:
    one = line("desk_time", lambda n: f"{n % 12 + 1:02}:15 {'AP'[n % 2]}M")
    assert one.why == "a time of day"


def test_rows_of_measurements_hold_measures(tmp_path: Path) -> None:
    rows = [{"vital_id": 7000 + n, "PatNo": n % 20 + 1, "xq": n % 37, "taken_by": n % 9} for n in range(60)]
    found = propose(survey({"patients": patients(), "vital_signs": rows}, tmp_path, keys={"vital_signs": "vital_id"}))
    lines = {line.column: line for proposal in found for line in proposal.lines}
    assert (lines["xq"].place, lines["xq"].confidence >= THRESHOLD) == ("NUMBER", True)
    assert lines["taken_by"].confidence < THRESHOLD
