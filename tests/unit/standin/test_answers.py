"""A refusal in the words of each release, and eras made of single traits."""

from __future__ import annotations

import pytest

from infra.standin.answers import WAYS, Answers
from infra.standin.eras import NEWEST, V1_10, era_of
from infra.standin.errors import duplicate_value, foreign_key, not_found, throttled, unknown_field
from sinks.twenty.errors import Kind, classify


def test_1_10_speaks_as_it_was_recorded() -> None:
    answers = Answers(V1_10)
    assert answers.say(throttled(100, 60_000, 5)).rest_body() == {
        "statusCode": 429,
        "error": "HttpException",
        "messages": ["Limit reached (100 tokens per 60000 ms)"],
    }
    assert answers.say(foreign_key("person", "FK_1")).status == 500
    assert answers.say(duplicate_value("Emails", "a@x.test")).message.startswith("Duplicate Emails with value")


def test_newest_names_a_throttle_in_body_headers_and_extensions() -> None:
    said = Answers(NEWEST).say(throttled(100, 60_000, 1500.2))
    body = said.rest_body()
    assert (said.status, body["error"]) == (429, "RATE_LIMITED")
    assert body["messages"] == ["Rate limit exceeded for apiKey: 100 requests per 60s."]
    assert (body["limitKind"], body["remaining"], body["periodCount"], body["retryAfterSeconds"]) == ("speed", 0, 60, 2)
    assert said.headers["Retry-After"] == "2"
    assert said.headers["X-RateLimit-Limit"] == "100"
    extensions = said.graphql_error()["extensions"]
    assert (extensions["code"], extensions["retryAfterMs"]) == ("RATE_LIMITED", 1501)
    assert "subCode" not in extensions


def test_newest_has_other_words_for_the_same() -> None:
    answers = Answers(NEWEST)
    assert answers.say(unknown_field("person", "foo")).message == 'Object person doesn\'t have any "foo" field.'
    assert answers.say(duplicate_value("Emails", "a@x.test")).message == "A duplicate entry was detected"
    refused = answers.say(foreign_key("person", "FK_1"))
    assert (refused.status, refused.code) == (400, "BAD_USER_INPUT")
    assert refused.rest_body()["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize(("way", "status"), [("404", 404), ("400", 400)])
def test_behaviour_14_not_found_by_switch(way: str, status: int) -> None:
    answers = Answers(V1_10)
    answers.switch("not_found", way)
    said = answers.say(not_found())
    assert (said.status, said.rest_body()["messages"]) == (status, ["Record not found"])


@pytest.mark.parametrize(("way", "status"), [("500", 500), ("400", 400), ("500 hidden", 500)])
def test_behaviour_13_a_missing_parent_by_switch(way: str, status: int) -> None:
    answers = Answers(V1_10)
    answers.switch("foreign_key", way)
    said = answers.say(foreign_key("person", "FK_1"))
    assert said.status == status
    assert classify(said.status, said.rest_body()).kind is Kind.MISSING_PARENT


@pytest.mark.parametrize("way", sorted(WAYS["throttled"]))
def test_every_way_to_throttle_is_one_to_a_client(way: str) -> None:
    answers = Answers(V1_10)
    answers.switch("throttled", way)
    said = answers.say(throttled(100, 60_000, 5))
    for status, body in ((said.status, said.rest_body()), (200, {"errors": [said.graphql_error()], "data": None})):
        refusal = classify(status, body)
        assert (refusal.kind, refusal.limit, refusal.window_ms) == (Kind.THROTTLED, 100, 60_000)


def test_what_does_not_exist_is_named() -> None:
    answers = Answers(V1_10)
    with pytest.raises(ValueError, match="not in 'weather'"):
        answers.switch("weather", "400")
    with pytest.raises(ValueError, match="not '418'"):
        answers.switch("throttled", "418")


def test_an_era_is_made_of_traits() -> None:
    era = era_of("newest", {"target_columns": "personId", "strict": "false"})
    assert (era.target("person"), era.strict, era.updated_by) == ("person", False, True)
    assert era.name == "newest, strict=false, target_columns=personId"
    assert era_of("1.10") is V1_10 or era_of("1.10") == V1_10


@pytest.mark.parametrize(
    ("name", "traits", "expected"),
    [
        ("2.0", {}, "era must be one of"),
        ("1.10", {"colour": "red"}, "an era differs in"),
        ("1.10", {"target_columns": "red"}, "target_columns must be one of"),
        ("1.10", {"strict": "yes"}, "strict must be one of"),
    ],
)
def test_an_era_that_does_not_exist_is_refused(name: str, traits: dict[str, str], expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        era_of(name, traits)
