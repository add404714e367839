"""Which records a column is told to name where its name says it in one of the ways that software has."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from producers.propose.line import QUESTION
from producers.propose.proposal import THRESHOLD, ObjectProposal, propose
from tests.unit.producers.profile.survey_world import survey

_KEYS = {"Client": "ClientID", "Staff": "StaffID", "Sale": "SaleID", "contacts": "id", "users": "id"}


def _tables() -> dict[str, list[dict[str, Any]]]:
    return {
        "Client": [
            {
                "ClientID": 100 + n,
                "Forename": f"Ada{n}",
                "Surname": f"Bell{n}",
                "DateOfBirth": f"19{40 + n}-05-04",
                "gp_id": 8800 + 7 * (n % 9),
                "ReferredByClientID": 100 + n // 2 if n % 4 == 0 else None,
            }
            for n in range(40)
        ],
        "Staff": [{"StaffID": n, "Forename": f"Eve{n}", "Email": f"eve{n}@c.example"} for n in range(1, 9)],
        "Sale": [
            {
                "SaleID": 700 + n,
                "ClientID": 100 + n % 40,
                "SoldByID": n % 8 + 1,
                "WitnessID": n % 7 + 1,
                "RefundOfSaleID": 700 + n // 2 if n % 9 == 0 else None,
                "repeat_of_id": 700 + n // 3 if n % 7 == 0 else None,
            }
            for n in range(80)
        ],
        "contacts": [{"id": 8800 + 7 * n, "first_name": f"Tom{n}", "last_name": f"Reed{n}"} for n in range(30)],
        "users": [{"id": n, "email": f"eve{n}@c.example"} for n in range(1, 7)],
    }


def _proposed(tmp_path: Path, **more: list[dict[str, Any]]) -> Mapping[str, ObjectProposal]:
    keys = _KEYS | dict.fromkeys(more, "ClientID")
    return {one.facts.name: one for one in propose(survey(_tables() | more, tmp_path, keys=keys))}


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[str, str], str]:
    found = _proposed(tmp_path_factory.mktemp("references"))
    return {(name, line.column): line.place for name, one in found.items() for line in one.certain}


@pytest.mark.parametrize(
    ("table", "column", "to"),
    [
        ("Sale", "ClientID", "Client"),
        ("Sale", "SoldByID", "Staff"),
        ("Sale", "WitnessID", "Staff"),
        ("Sale", "RefundOfSaleID", "Sale"),
        ("Sale", "repeat_of_id", "Sale"),
        ("Client", "ReferredByClientID", "Client"),
        ("Client", "gp_id", "contacts"),
    ],
)
def test_a_name_leads_to(places: Mapping[tuple[str, str], str], table: str, column: str, to: str) -> None:
    assert places[table, column] == f"-> {to}"


def test_the_address_of_a_user_is_his_own(places: Mapping[tuple[str, str], str]) -> None:
    assert places["users", "email"] == "userEmail"


def test_rows_under_the_key_of_patients_are_fields_of_them(tmp_path: Path) -> None:
    answers = [{"ClientID": 100 + n, "Smoker": "NY"[n % 2], "ReviewDue": f"2025-06-{n % 28 + 1:02}"} for n in range(36)]
    found = _proposed(tmp_path, ClientMedical=answers)
    medical = found["ClientMedical"]
    assert (medical.kind.target, medical.kind.of, medical.kind.confidence >= THRESHOLD) == ("person", "Client", True)
    assert {line.column: line.place for line in medical.certain} == {
        "ClientID": "-> Client",
        "Smoker": "BOOLEAN",
        "ReviewDue": "DATE",
    }
    (referred,) = (line for line in found["Client"].lines if line.column == "ReferredByClientID")
    assert referred.place == "-> Client"


def test_an_address_that_some_rows_have_is_no_chance_and_a_small_number_may_be(tmp_path: Path) -> None:
    owned = [
        {**row, "owner_email": f"eve{n % 9 + 1}@c.example", "signed_by": n % 13 + 1}
        for n, row in enumerate(_tables()["Client"])
    ]
    lines = {line.column: line for line in _proposed(tmp_path, Client=owned)["Client"].lines}
    assert (lines["owner_email"].place, lines["owner_email"].confidence >= THRESHOLD) == ("-> Staff", True)
    assert (lines["signed_by"].place, lines["signed_by"].confidence >= THRESHOLD) == ("-> Staff", False)


def test_the_status_of_a_record_is_about_the_row(tmp_path: Path) -> None:
    kept = [{**row, "rec_status": "AAD"[n % 3]} for n, row in enumerate(_tables()["Client"])]
    (line,) = (one for one in _proposed(tmp_path, Client=kept)["Client"].lines if one.column == "rec_status")
    assert line.place == QUESTION


def test_a_column_that_ends_as_a_key_does_leads_there(tmp_path: Path) -> None:
    goods = [{"item_no": 4000 + 7 * n, "brand": f"B{n}", "shelf": f"s{n}", "price": n + 0.5} for n in range(40)]
    sold = [{**row, "frame_item_no": 4000 + 7 * (n % 30) if n % 3 else 0} for n, row in enumerate(_tables()["Sale"])]
    tables = {**_tables(), "goods": goods, "Sale": sold}
    found = propose(survey(tables, tmp_path, keys={**_KEYS, "goods": "item_no"}))
    (line,) = (line for one in found for line in one.certain if line.column == "frame_item_no")
    assert line.place == "-> goods"


def test_who_signs_is_one_of_the_staff_though_they_treat_too(tmp_path: Path) -> None:
    treating = [
        {"id": n, "first_name": f"Kim{n}", "last_name": f"Lund{n}", "email": f"k{n}@c.example"} for n in range(1, 14)
    ]
    sold = [{**row, "cosigner_id": n % 5 + 1} for n, row in enumerate(_tables()["Sale"])]
    tables = {"Client": _tables()["Client"], "Sale": sold, "staff_clinician": treating}
    found = propose(survey(tables, tmp_path, keys={"Client": "ClientID", "Sale": "SaleID", "staff_clinician": "id"}))
    (line,) = (line for one in found for line in one.certain if line.column == "cosigner_id")
    assert line.place == "-> staff_clinician"
