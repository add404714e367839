"""What comes back for a value that was sent: stored forms and refusals as recorded on 1.10."""

from __future__ import annotations

from typing import Any

import httpx
import orjson
import pytest

from tests.contract.conftest import Made, Probe
from tests.contract.test_records import read, refusal

OUT_OF_RANGE = 'date/time field value out of range: "2024-13-45"'


@pytest.mark.parametrize(
    ("field", "sent", "stored"),
    [
        ("num", 1.5, 1.5),
        ("num", "12", 12),
        ("num", "abc", None),
        ("dt", "2024-01-02", "2024-01-02"),
        ("dt", "2024-01-02T10:00:00Z", "2024-01-02"),
        ("dtm", "2024-01-02T03:04:05.678Z", "2024-01-02T03:04:05.678Z"),
        ("dtm", "2024-05-06", "2024-05-06T00:00:00.000Z"),
        ("dtm", "1800-01-01", "1800-01-01T00:00:00.000Z"),
        ("dtm", "2024-05-06T01:00:00+02:00", "2024-05-05T23:00:00.000Z"),
        ("sel", "RED", "RED"),
        ("sel", None, None),
        ("msel", ["RED", "BLUE"], ["RED", "BLUE"]),
        ("flag", True, True),
        ("flag", "yes", True),
        ("txt", 5, "5"),
        ("txt", "☃ ¬ \\ \" '", "☃ ¬ \\ \" '"),
        ("amt", {"amountMicros": 1000000, "currencyCode": "EUR"}, {"amountMicros": "1000000", "currencyCode": "EUR"}),
        ("amt", {"amountMicros": "1500000", "currencyCode": "USD"}, {"amountMicros": "1500000", "currencyCode": "USD"}),
        ("amt", {"amountMicros": 1.5, "currencyCode": "ZZZ"}, {"amountMicros": "1.5", "currencyCode": "ZZZ"}),
        ("amt", "str", {"amountMicros": None, "currencyCode": ""}),
    ],
)
def test_stored_as(http: httpx.Client, made: Made, probe: Probe, field: str, sent: Any, stored: Any) -> None:
    identity = made.id(probe.plural)
    answer = http.post(f"/rest/{probe.plural}", json={"id": identity, "name": "x", field: sent})
    assert answer.status_code == 201, answer.text
    assert read(http, probe.plural, identity)[field] == stored


@pytest.mark.parametrize(
    ("field", "sent", "status", "text"),
    [
        ("dt", "2024-13-45", 500, OUT_OF_RANGE),
        ("dtm", "nope", 500, 'invalid input syntax for type timestamp with time zone: "nope"'),
        ("msel", "RED", 500, 'malformed array literal: "RED"'),
        ("flag", "banana", 500, 'invalid input syntax for type boolean: "banana"'),
        ("txt", "a\x00b", 500, 'invalid byte sequence for encoding "UTF8": 0x00'),
        ("amt", {"amountMicros": "abc"}, 500, 'invalid input syntax for type numeric: "abc"'),
    ],
)
def test_refused_as(
    http: httpx.Client, made: Made, probe: Probe, field: str, sent: Any, status: int, text: str
) -> None:
    answer = http.post(f"/rest/{probe.plural}", json={"id": made.id(probe.plural), "name": "x", field: sent})
    assert refusal(answer) == (status, text)


@pytest.mark.parametrize(("field", "sent"), [("sel", "NOPE"), ("msel", ["NOPE"])])
def test_an_option_that_does_not_exist(http: httpx.Client, made: Made, probe: Probe, field: str, sent: Any) -> None:
    status, text = refusal(http.post(f"/rest/{probe.plural}", json={"id": made.id(probe.plural), field: sent}))
    assert status == 400
    assert text.startswith("invalid input value for enum workspace_")
    assert text.endswith(f'._{probe.singular}_{field}_enum: "NOPE"')


def test_a_unique_text_takes_empty_text_often_a_value_once_and_null_never(
    http: httpx.Client, made: Made, probe: Probe, tag: str
) -> None:
    for _ in range(2):
        for record in ({"extId": ""}, {}):
            answer = http.post(f"/rest/{probe.plural}", json={"id": made.id(probe.plural), **record})
            assert answer.status_code == 201
            assert next(iter(answer.json()["data"].values()))["extId"] == ""
    first = {"id": made.id(probe.plural), "extId": tag}
    assert http.post(f"/rest/{probe.plural}", json=first).status_code == 201
    again = http.post(f"/rest/{probe.plural}", json={"id": made.id(probe.plural), "extId": tag})
    assert refusal(again) == (400, f"Duplicate Extid with value {tag}. Please set a unique one.")
    null = http.post(f"/rest/{probe.plural}", json={"id": made.id(probe.plural), "extId": None})
    text = f'null value in column "extId" of relation "_{probe.singular}" violates not-null constraint'
    assert refusal(null) == (500, text)


def test_an_upsert_matches_a_custom_unique_value(http: httpx.Client, made: Made, probe: Probe, tag: str) -> None:
    identity = made.id(probe.plural)
    http.post(f"/rest/{probe.plural}", json={"id": identity, "extId": tag})
    answer = http.post(f"/rest/batch/{probe.plural}?upsert=true", json=[{"name": "again", "extId": tag}])
    assert [one["id"] for one in next(iter(answer.json()["data"].values()))] == [identity]


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        (
            {"primaryPhoneNumber": "+33612345678"},
            {
                "primaryPhoneNumber": "612345678",
                "primaryPhoneCountryCode": "FR",
                "primaryPhoneCallingCode": "+33",
                "additionalPhones": None,
            },
        ),
        (
            {"primaryPhoneNumber": "+15551234567", "primaryPhoneCountryCode": "", "primaryPhoneCallingCode": ""},
            {
                "primaryPhoneNumber": "5551234567",
                "primaryPhoneCountryCode": "",
                "primaryPhoneCallingCode": "",
                "additionalPhones": None,
            },
        ),
    ],
)
def test_phones_are_split(
    http: httpx.Client, made: Made, probe: Probe, sent: dict[str, str], stored: dict[str, Any]
) -> None:
    identity = made.id(probe.plural)
    answer = http.post(f"/rest/{probe.plural}", json={"id": identity, "phone": sent})
    assert answer.status_code == 201, answer.text
    assert read(http, probe.plural, identity)["phone"] == stored


def test_a_phone_that_is_none(http: httpx.Client, made: Made, probe: Probe) -> None:
    record = {"id": made.id(probe.plural), "phone": {"primaryPhoneNumber": "not a phone"}}
    answer = http.post(f"/rest/{probe.plural}", json=record)
    assert refusal(answer) == (400, "Provided phone number is invalid not a phone")


def test_links(http: httpx.Client, made: Made, tag: str) -> None:
    one, two, three = made.ids("companies", 3)
    sent = {"primaryLinkUrl": "https://LinkedIn.com/In/X", "primaryLinkLabel": "", "secondaryLinks": []}
    http.post("/rest/companies", json={"id": one, "name": "N", "linkedinLink": sent})
    stored = {"primaryLinkLabel": "", "primaryLinkUrl": "https://linkedin.com/In/X", "secondaryLinks": None}
    assert read(http, "companies", one)["linkedinLink"] == stored
    http.post("/rest/companies", json={"id": two, "name": "N", "domainName": {"primaryLinkUrl": f"{tag}.test"}})
    stored = {"primaryLinkLabel": None, "primaryLinkUrl": f"{tag}.test", "secondaryLinks": None}
    assert read(http, "companies", two)["domainName"] == stored
    answer = http.post("/rest/companies", json={"id": three, "domainName": {"primaryLinkUrl": "not a url"}})
    assert refusal(answer) == (400, "The URL of the link is not valid")


def test_rich_text_keeps_the_markdown_and_gets_blocks(http: httpx.Client, made: Made) -> None:
    identity = made.id("notes")
    body = {"id": identity, "title": "N1", "bodyV2": {"markdown": "hello **b**"}, "createdAt": "2018-01-01T00:00:00Z"}
    assert http.post("/rest/notes", json=body).status_code == 201
    record = read(http, "notes", identity)
    assert record["bodyV2"]["markdown"] == "hello **b**"
    block = orjson.loads(record["bodyV2"]["blocknote"])[0]
    assert block["type"] == "paragraph"
    assert block["content"] == [
        {"type": "text", "text": "hello ", "styles": {}},
        {"type": "text", "text": "b", "styles": {"bold": True}},
    ]
    answer = http.post("/rest/notes", json={"id": made.id("notes"), "title": "N2", "body": "plain"})
    assert refusal(answer) == (400, 'Field metadata for field "body" is missing in object metadata note')


def test_a_stage_that_does_not_exist(http: httpx.Client, made: Made) -> None:
    answer = http.post("/rest/opportunities", json={"id": made.id("opportunities"), "name": "O", "stage": "NOSUCH"})
    status, text = refusal(answer)
    assert status == 400
    assert text.startswith("invalid input value for enum workspace_")
    assert text.endswith('.opportunity_stage_enum: "NOSUCH"')


def test_a_body_of_more_than_ten_megabytes(http: httpx.Client, made: Made) -> None:
    answer = http.post("/rest/notes", json={"id": made.id("notes"), "title": "x" * (10 * 1024 * 1024)})
    assert (answer.status_code, answer.content) == (500, b"")


def test_a_body_that_is_not_json(http: httpx.Client) -> None:
    answer = http.post("/rest/people", content=b"{oops", headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error"] == "Bad Request"
