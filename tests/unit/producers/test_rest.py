"""What a REST API answers, and what is made of it: records that are no records, wrapped ones, refusals."""

from __future__ import annotations

import httpx
import pytest

from tests.unit.producers.api_world import Api


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (rb'"Ada \ud83d"', None),
        (rb'["Ada", {"note": "\ud83d"}]', None),
        (b'"Ad\xe9"', None),
        (b'"Ada\nGrace"', "Ada\nGrace"),
        (b"NaN", "NaN"),
        (b"-Infinity", "-Infinity"),
    ],
)
def test_a_text_that_is_none_costs_its_record_and_no_other(text: bytes, kept: object) -> None:
    """A field's limit has cut an emoji in two, or a program has written its JSON by hand."""
    rows = b'{"id": "p1", "name": "Ada"}, {"id": "p2", "name": %b}, {"id": "p3", "name": "\xc3\x89"}' % text
    bad = Api(answer=lambda _: httpx.Response(200, content=b'\xef\xbb\xbf{"data": [%b]}' % rows))
    world = bad.world()
    world.snapshot_to_end()
    names = world.names()
    assert (names.pop("p1"), names.pop("p3"), names.pop("p2", None)) == ("Ada", "É", kept)
    assert [letter.where for letter in world.topic.letters] == ([] if kept else ["p2"])
    if kept is None:
        assert world.poller.health.startswith("clinic/patient/p2 is not captured: a text in it")
        for key, name in (("p1", "Ada"), ("p2", "mended"), ("p3", "É")):
            bad.put(key, name=name)
        bad.answer = lambda _: None
        world.pass_by(10)
        assert world.names()["p2"] == "mended"
        assert world.poller.health == ""


def test_a_page_that_is_no_json_is_told_as_such() -> None:
    world = Api(answer=lambda _: httpx.Response(200, content=b'{"data": [{"id": "p1", "name": "Zanz')).world()
    world.snapshot_to_end()
    assert world.poller.health == "/patients answered something that is no JSON: is the path right?"
