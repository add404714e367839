"""What stage B of hold tells of an alias that several records bear, and of a record that is not in Twenty."""

from __future__ import annotations

import orjson
import pytest

from processors.outbox import Outbox, Standing, Term
from processors.parents import Parents
from schemas.keys import alias_key, part_key
from schemas.records import BEFORE_ALL, Alias, Identity, IdentityState, Version
from tests.unit.processors.memory_sink import CODEC, TOPICS

ALIAS = alias_key("s", "email", "a@x.test")


class Nobody:
    def lift(self, key: str) -> None: ...
    def pending(self, key: str) -> bool:
        return False

    def skipped(self, key: str) -> bool:
        return False

    def outdated(self, key: str, version: Version) -> None: ...


def told(*rows: tuple[str, str]) -> str | None:
    """The row that an alias leads to which these records bear, each with its row."""
    outbox = Outbox(TOPICS, CODEC)
    outbox.term = Term(1, 0)
    parents = Parents(0, 1, outbox)
    parents.neighbour = Nobody()
    parents.ready()
    outbox.drain()
    for at, (key, row) in enumerate(rows):
        parents.alias(Alias(ALIAS, key, "", row, Version(1, 1, at, 1), True), at)
    parents.want(0, ALIAS, False)
    (message,) = outbox.drain()[TOPICS.answers, 0]
    found: str | None = orjson.loads(message.value or b"")["answer"][ALIAS][0]
    return found


def test_an_alias_of_two_records_leads_nowhere() -> None:
    assert told(("s/doctor/1", "one"), ("s/doctor/2", "two")) is None


def test_an_alias_of_a_merged_record_and_its_survivor_leads_to_the_survivor() -> None:
    assert told(("s/doctor/1", "one"), ("s/doctor/2", "one")) == "one"


@pytest.mark.parametrize(
    ("version", "standing"), [(Version(1, 1, 1, 1), Standing.DELETED), (BEFORE_ALL, Standing.ABSENT)]
)
def test_a_record_that_only_may_have_been_written_was_not_deleted(version: Version, standing: Standing) -> None:
    outbox = Outbox(TOPICS, CODEC)
    outbox.term = Term(1, 0)
    parents = Parents(0, 1, outbox)
    parents.neighbour = Nobody()
    parents.ready()
    outbox.drain()
    known = Identity("s/doctor/1", "", "person", "one", version, IdentityState.DELETED, in_doubt=version == BEFORE_ALL)
    parents.identity(known, 0)
    token = part_key("s/doctor/1", "")
    parents.probe(0, token)
    (message,) = outbox.drain()[TOPICS.answers, 0]
    assert orjson.loads(message.value or b"")["standing"] == {token: standing}
