"""Lists over REST: limits, cursors, filters, orders, depth."""

from __future__ import annotations

import base64

import httpx
import orjson
import pytest

from tests.contract.conftest import Made, Probe
from tests.contract.test_records import refusal

NO_LIST = "'filter' invalid for 'in' operator. Received 'x' but array value expected eg: 'field[in]:[value_1,value_2]'"
NO_COMPARATOR = (
    "'filter' invalid for 'id[foo]:x', comparator foo not in "
    "eq, neq, in, containsAny, is, gt, gte, lt, lte, startsWith, like, ilike"
)


@pytest.fixture
def rows(http: httpx.Client, made: Made, probe: Probe, tag: str) -> list[str]:
    """Seven records of a name of their own, numbered 0 to 6 in `num`, a day apart."""
    batch = [
        {
            "id": one,
            "name": tag,
            "num": number,
            "txt": f"t{number}",
            "createdAt": f"2024-01-0{number + 1}T00:00:00Z",
        }
        for number, one in enumerate(made.ids(probe.plural, 7))
    ]
    assert http.post(f"/rest/batch/{probe.plural}", json=batch).status_code == 201
    return [str(one["id"]) for one in batch]


def listed(http: httpx.Client, plural: str, **query: str | int) -> dict[str, object]:
    answer = http.get(f"/rest/{plural}", params={"depth": 0, **query})
    assert answer.status_code == 200, answer.text
    body: dict[str, object] = answer.json()
    return body


def numbers(body: dict[str, object]) -> list[int]:
    data = body["data"]
    assert isinstance(data, dict)
    return [one["num"] for one in next(iter(data.values()))]


def test_pages_follow_each_other_without_loss(http: httpx.Client, probe: Probe, rows: list[str], tag: str) -> None:
    seen: list[int] = []
    after: dict[str, str] = {}
    for page in range(4):
        body = listed(
            http, probe.plural, limit=2, filter=f"name[eq]:{tag}", order_by="createdAt[DescNullsLast]", **after
        )
        info = body["pageInfo"]
        assert isinstance(info, dict)
        assert body["totalCount"] == 7
        assert info["hasNextPage"] == (page < 3)
        seen += numbers(body)
        after = {"starting_after": info["endCursor"]}
    assert seen == [6, 5, 4, 3, 2, 1, 0]


def test_a_cursor_is_base64_of_the_sorted_values(http: httpx.Client, probe: Probe, rows: list[str], tag: str) -> None:
    body = listed(http, probe.plural, limit=1, filter=f"name[eq]:{tag}", order_by="createdAt[AscNullsFirst]")
    info = body["pageInfo"]
    assert isinstance(info, dict)
    cursor = orjson.loads(base64.b64decode(info["endCursor"]))
    assert cursor == {"createdAt": "2024-01-01T00:00:00.000Z", "id": rows[0]}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("num[gte]:4", [4, 5, 6]),
        ("num[lt]:2", [0, 1]),
        ("txt[in]:[t1,t3,t9]", [1, 3]),
        ("or(num[eq]:0,num[gt]:5)", [0, 6]),
        ("and(num[neq]:0,or(num[lte]:1,createdAt[gte]:2024-01-07T00:00:00Z))", [1, 6]),
        ("not(num[gt]:0)", [0]),
        ('createdAt[gt]:"2024-01-06T00:00:00.000Z"', [6]),
        ("sel[is]:NOT_NULL", []),
        ("dt[is]:NULL,num[lt]:1", [0]),
    ],
)
def test_filters(
    http: httpx.Client, probe: Probe, rows: list[str], tag: str, condition: str, expected: list[int]
) -> None:
    body = listed(http, probe.plural, filter=f"and(name[eq]:{tag},{condition})", order_by="num")
    assert numbers(body) == expected


def test_a_bare_comma_beside_parentheses_finds_nothing(
    http: httpx.Client, probe: Probe, rows: list[str], tag: str
) -> None:
    assert numbers(listed(http, probe.plural, filter=f"name[eq]:{tag},num[eq]:0")) == [0]
    assert numbers(listed(http, probe.plural, filter=f"name[eq]:{tag},or(num[eq]:0,num[gt]:5)")) == []


@pytest.mark.parametrize(
    "name",
    ["O'Brien", 'say "hi"', "x:y", "p(q)", "[z]", "100% & co", "naïve ☃", "back\\slash", " lead"],
)
def test_a_filter_finds_awkward_text(http: httpx.Client, made: Made, probe: Probe, tag: str, name: str) -> None:
    identity = made.id(probe.plural)
    http.post(f"/rest/{probe.plural}", json={"id": identity, "name": name, "txt": tag})
    for quoted in (name, f'"{name}"'):
        body = listed(http, probe.plural, filter=f"and(txt[eq]:{tag},name[eq]:{quoted})")
        assert body["totalCount"] == 1


def test_a_comma_must_be_quoted(http: httpx.Client, made: Made, probe: Probe, tag: str) -> None:
    name = f"a, {tag}"
    http.post(f"/rest/{probe.plural}", json={"id": made.id(probe.plural), "name": name})
    assert listed(http, probe.plural, filter=f'name[eq]:"{name}"')["totalCount"] == 1
    answer = http.get(f"/rest/{probe.plural}", params={"filter": f"name[eq]:{name}"})
    assert refusal(answer) == (400, f"'filter' invalid for ' {tag}'. eg: price[gte]:10")


def test_ilike(http: httpx.Client, probe: Probe, rows: list[str], tag: str) -> None:
    wanted = f"name[ilike]:%{tag[1:-1].upper()}%"
    assert listed(http, probe.plural, filter=wanted)["totalCount"] == 7


def test_limits(http: httpx.Client, made: Made, probe: Probe) -> None:
    batch = [{"id": identity, "name": "x"} for identity in made.ids(probe.plural, 200)]
    http.post(f"/rest/batch/{probe.plural}", json=batch)
    http.post(f"/rest/{probe.plural}", json={"id": made.id(probe.plural)})
    assert len(numbers(listed(http, probe.plural))) == 60
    assert len(numbers(listed(http, probe.plural, limit=1000))) == 200
    none = listed(http, probe.plural, limit=0)
    assert none["data"] == {probe.plural: []}
    assert none["pageInfo"] == {"startCursor": None, "endCursor": None, "hasNextPage": True, "hasPreviousPage": False}
    ids = ",".join(str(one["id"]) for one in batch[:150])
    assert len(numbers(listed(http, probe.plural, filter=f"id[in]:[{ids}]", limit=200))) == 150


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"limit": "-1"}, "limit '-1' is invalid. Should be an integer"),
        ({"limit": "abc"}, "limit 'abc' is invalid. Should be an integer"),
        ({"depth": "3"}, "'depth=3' parameter invalid. Allowed values are 0, 1"),
        ({"starting_after": "garbage"}, "Invalid cursor: garbage"),
        ({"filter": "nosuch[eq]:1"}, "Field metadata not found for field: nosuch"),
        ({"filter": "or(id[is]:NULL),city[eq]:x"}, "Field metadata not found for field: or(id"),
        ({"filter": "and(id[is]:NULL"}, "'filter' invalid. 1 close bracket is missing in the query"),
        ({"filter": "id[in]:x"}, NO_LIST),
        ({"filter": "id[foo]:x"}, NO_COMPARATOR),
    ],
)
def test_refused_queries(http: httpx.Client, query: dict[str, str], text: str) -> None:
    assert refusal(http.get("/rest/people", params=query)) == (400, text)


def test_a_list_of_numbers_is_no_filter(http: httpx.Client, probe: Probe) -> None:
    answer = http.get(f"/rest/{probe.plural}", params={"filter": "num[in]:[1,2]"})
    assert refusal(answer) == (400, "Invalid filter value for field num. Expected non-empty array")


@pytest.mark.parametrize(("condition", "value"), [("id[eq]:nope", "nope"), ("id[in]:[]", "")])
def test_a_filter_by_what_is_no_id(http: httpx.Client, condition: str, value: str) -> None:
    answer = http.get("/rest/people", params={"filter": condition})
    assert refusal(answer) == (500, f'invalid input syntax for type uuid: "{value}"')


def test_a_path_that_is_none(http: httpx.Client) -> None:
    assert refusal(http.post("/rest/people/batch", json=[{}])) == (400, "'batch' is not a valid UUID")
    answer = http.patch("/rest/people/restore/3558c29e-21cc-478b-8bf7-435cb866aa1d")
    assert refusal(answer) == (400, "object 'peopleore' not found. eg: companies")


def test_depth_one_embeds_relations(http: httpx.Client, made: Made) -> None:
    company, human = made.id("companies"), made.id("people")
    http.post("/rest/companies", json={"id": company, "name": "K"})
    http.post("/rest/people", json={"id": human, "name": {"firstName": "A"}, "companyId": company})
    person = http.get(f"/rest/people/{human}", params={"depth": 1}).json()["data"]["person"]
    assert person["company"]["id"] == company
    assert person["noteTargets"] == []
    people = http.get(f"/rest/companies/{company}", params={"depth": 1}).json()["data"]["company"]["people"]
    assert [one["id"] for one in people] == [human]
    for query in ({"depth": 0}, {}):
        assert "company" not in http.get(f"/rest/people/{human}", params=query).json()["data"]["person"]
