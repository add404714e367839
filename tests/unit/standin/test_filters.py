"""Filters and orders, against plain Python."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.standin.eras import V1_10
from infra.standin.errors import ApiError
from infra.standin.filters import compile_filter, graphql_filter, graphql_order, rest_filter, rest_order
from infra.standin.model import ObjectType, Row
from infra.standin.standard import standard_objects

OBJECTS = {one.name_singular: one for one in standard_objects("1970-01-01T00:00:00.000Z", V1_10)}
COMPANY = OBJECTS["company"]
ONE, TWO = "d70e3b74-e528-11f1-b259-02fc00000001", "cd5f4515-31ff-5855-b377-6a1aa9a1ca27"


def rows(count: int) -> list[Row]:
    template = COMPANY.template()
    return [
        {**template, "id": f"{number:04}", "employees": number % 5 or None, "name": f"K{number % 3}"}
        for number in range(count)
    ]


def chosen(of: ObjectType, text: str, among: list[Row]) -> list[str]:
    matches = compile_filter(of, rest_filter(text)).matches
    return [row["id"] for row in among if matches(row)]


@given(st.integers(0, 5), st.integers(0, 5), st.sampled_from(["K0", "K1", "K9"]))
def test_nested_conditions_mean_what_they_say(low: int, high: int, name: str) -> None:
    data = rows(30)
    text = f"or(and(employees[gte]:{low},employees[lt]:{high}),not(name[neq]:{name}),employees[is]:NULL)"
    expected = [
        row["id"] for row in data if row["employees"] is None or low <= row["employees"] < high or row["name"] == name
    ]
    assert chosen(COMPANY, text, data) == expected


@given(st.text(alphabet=st.characters(exclude_characters="\"'()[]", exclude_categories=["Cs"])))
def test_any_quoted_text_is_found(name: str) -> None:
    row = {**COMPANY.template(), "id": ONE, "name": name}
    assert chosen(COMPANY, f'name[eq]:"{name}",id[in]:["{ONE}"]', [row]) == [ONE]


def test_graphql_says_the_same() -> None:
    data = rows(30)
    nested: dict[str, Any] = {
        "or": [
            {"employees": {"gte": 3}},
            {"and": [{"name": {"eq": "K1"}}, {"domainName": {"primaryLinkUrl": {"eq": ""}}}]},
        ],
        "not": {"employees": {"is": "NULL"}},
    }
    matches = compile_filter(COMPANY, graphql_filter(nested)).matches
    text = 'and(or(employees[gte]:3,and(name[eq]:K1,domainName.primaryLinkUrl[eq]:"")),not(employees[is]:NULL))'
    assert [row["id"] for row in data if matches(row)] == chosen(COMPANY, text, data)


@pytest.mark.parametrize(("text", "mentions"), [("name[eq]:x", False), ("or(name[eq]:x,deletedAt[is]:NOT_NULL)", True)])
def test_a_filter_knows_whether_it_speaks_of_the_trash(text: str, mentions: bool) -> None:
    assert compile_filter(COMPANY, rest_filter(text)).mentions_deleted is mentions


def test_ids_that_must_hold_are_looked_up_and_others_are_not() -> None:
    must = compile_filter(COMPANY, rest_filter(f"and(id[in]:[{ONE.upper()},{TWO}],or(name[eq]:x,deletedAt[is]:NULL))"))
    assert must.exact == (("id", None), (ONE, TWO))
    assert compile_filter(COMPANY, rest_filter(f"or(id[eq]:{ONE},name[eq]:x)")).exact is None
    assert compile_filter(COMPANY, rest_filter(f"not(id[eq]:{ONE})")).exact is None


@pytest.mark.parametrize("text", ["nosuch[eq]:1", "name[almost]:1", "name", "name[is]:MAYBE", "employees[gt]:many"])
def test_what_is_no_filter_is_refused(text: str) -> None:
    with pytest.raises(ApiError) as raised:
        compile_filter(COMPANY, rest_filter(text))
    assert raised.value.status == 400


@given(st.permutations(range(30)))
def test_an_order_is_total_and_its_cursors_keep_the_place(places: list[int]) -> None:
    data = rows(30)
    shuffled = [data[place] for place in places]
    order = rest_order(COMPANY, "employees[DescNullsLast],name")
    ordered = sorted(shuffled, key=order.key)
    assert ordered == sorted(
        data, key=lambda row: (row["employees"] is None, -(row["employees"] or 0), row["name"], row["id"])
    )
    for row in ordered:
        key = order.cursor_key(order.cursor(row))
        assert [one["id"] for one in ordered if not key < order.key(one)][-1] == row["id"]
    nested = graphql_order(COMPANY, [{"employees": "DescNullsLast"}, {"name": "AscNullsFirst"}])
    assert sorted(shuffled, key=nested.key) == ordered
