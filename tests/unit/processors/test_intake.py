"""What hold makes of bytes: changes, what cannot be read, and state of an earlier mapping."""

from dataclasses import dataclass

import pytest

from processors.holding import Group, Hold, ProtocolError
from processors.obligations import Kind, Obligation, changelog, decode_state, state_key
from processors.outbox import Sends, Term
from processors.ports import Transformed
from schemas.codec import Codec
from schemas.control import Epochs
from schemas.keys import partition_of, record_key
from schemas.records import (
    Link,
    Operation,
    Outcome,
    Part,
    RecordChange,
    Unit,
    Verdict,
    Version,
    Write,
    WriteKind,
)
from tests.chaos.hold_plan import Step
from tests.chaos.hold_worker import SYSTEM, TrivialTransform
from tests.unit.processors.memory_sink import PARTITIONS, TOPICS, Record

CODEC = Codec()
CHILD = record_key(SYSTEM, "child", "1")
PARENT = record_key(SYSTEM, "parent", "1")
HOME = partition_of(CHILD, PARTITIONS)
CDC = TOPICS.cdc("child")
EPOCHS = Epochs(1, dict.fromkeys(TOPICS.changes, ("id", 4)))


@dataclass
class Mapping:
    """A transform whose ``revision`` and verdict on every change can be set."""

    revision: int = 1
    skipped: str = ""
    fails: Exception | None = None

    def __call__(self, change: RecordChange, version: Version, unit: Unit) -> Transformed:
        if self.fails:
            raise self.fails
        return Transformed(None, skipped=self.skipped) if self.skipped else TrivialTransform()(change, version, unit)


def hold_with(mapping: Mapping, state: list[Obligation] | None = None) -> Hold:
    hold = Hold(TOPICS, CODEC, mapping, EPOCHS, grace_seconds=1)
    hold.assign({n: state if state and n == HOME else [] for n in range(PARTITIONS)}, Term(1, 0), 100.0)
    return hold


def change(*requires: str, operation: Operation = Operation.UPSERT) -> RecordChange:
    step = Step(0, CHILD, operation, requires)
    step.build(0)
    return step.change


def feed(hold: Hold, *records: tuple[bytes | None, bytes | None], topic: str = CDC) -> None:
    hold.batch([Group(topic, HOME, [Record(n, *record) for n, record in enumerate(records)])], 100.0)


def verdicts(sends: Sends) -> list[tuple[int, Outcome, str]]:
    records = [CODEC.decode(message.value or b"") for message in sends.get((TOPICS.live, HOME), [])]
    return [(each.unit.offset, each.outcome, each.reason) for each in records if isinstance(each, Verdict)]


def writes(sends: Sends, lane: str) -> list[Write]:
    records = [CODEC.decode(message.value or b"") for message in sends.get((lane, HOME), [])]
    return [each for each in records if isinstance(each, Write)]


@pytest.mark.parametrize("operation", [Operation.SNAPSHOT, Operation.UPSERT])
def test_a_snapshot_leaves_by_the_bulk_lane_and_the_rest_live(operation: Operation) -> None:
    hold = hold_with(Mapping())
    feed(hold, (CHILD.encode(), CODEC.encode(change(operation=operation))))
    lane = TOPICS.bulk if operation is Operation.SNAPSHOT else TOPICS.live
    (write,) = writes(hold.drain().sends, lane)
    assert write.version == Version(1, 4, 0, 1), "run and revision of the change and mapping, epoch of the topic"
    assert write.unit == Unit(CDC, HOME, 0)


def test_an_unforeseen_error_of_the_mapping_sets_one_record_aside() -> None:
    hold = hold_with(Mapping(fails=KeyError("Wilhelmina")))
    feed(hold, (CHILD.encode(), CODEC.encode(change())))
    sends = hold.drain().sends
    assert verdicts(sends) == [(0, Outcome.DEAD_LETTERED, "transform failed: KeyError")]
    (letter,) = sends[TOPICS.dead_letters, HOME]
    assert letter.value == CODEC.encode(change())
    assert "Wilhelmina" not in str(letter.headers)


def test_running_out_of_memory_is_nobody_s_dead_letter() -> None:
    with pytest.raises(MemoryError):
        feed(hold_with(Mapping(fails=MemoryError())), (CHILD.encode(), CODEC.encode(change())))


@pytest.mark.parametrize("key", [None, b"\xff\xfe", b"no key of ours"])
def test_what_has_no_readable_key_is_set_aside_under_its_object(key: bytes | None) -> None:
    hold = hold_with(Mapping())
    feed(hold, (key, b"junk"))
    sends = hold.drain().sends
    assert [outcome for _, outcome, _ in verdicts(sends)] == [Outcome.DEAD_LETTERED]
    (message,) = sends[TOPICS.live, HOME]
    assert message.key == b"w/child/?"


def test_a_record_of_another_kind_is_set_aside() -> None:
    hold = hold_with(Mapping())
    write = Write(CHILD, WriteKind.DELETE, Version(1, 1, 1, 1), Unit(CDC, HOME, 1))
    feed(hold, (CHILD.encode(), CODEC.encode(write)))
    assert verdicts(hold.drain().sends)[0][2] == "a Write where a RecordChange was expected"


def test_a_skipped_change_ends_what_waits_but_a_vanished_row_does_not() -> None:
    mapping = Mapping()
    hold = hold_with(mapping)
    feed(hold, (CHILD.encode(), CODEC.encode(change(PARENT))))
    vanished = CODEC.encode(change(operation=Operation.VANISHED))
    hold.batch([Group(CDC, HOME, [Record(1, CHILD.encode(), vanished)])], 100.0)
    assert verdicts(hold.drain().sends) == [(1, Outcome.SKIPPED, "vanished")]
    mapping.skipped = "a test patient"
    hold.batch([Group(CDC, HOME, [Record(2, CHILD.encode(), CODEC.encode(change(PARENT)))])], 100.0)
    assert [(offset, outcome) for offset, outcome, _ in verdicts(hold.drain().sends)] == [
        (2, Outcome.SKIPPED),
        (0, Outcome.SUPERSEDED),
    ]


def held(version: Version, payload: bytes) -> Obligation:
    return Obligation(CHILD, Unit(CDC, HOME, version.offset), version, Kind.HELD, (), 50.0, payload=payload)


def test_what_waits_goes_through_the_mapping_of_today() -> None:
    old = Version(1, 4, 7, 1)
    hold = hold_with(Mapping(revision=2), [held(old, CODEC.encode(change(PARENT)))])
    taken, discharged = (phase[HOME] for phase in hold.drain().state)
    assert [key.decode() for key, _ in taken] == [state_key(CHILD, old._replace(revision=2))]
    assert discharged == [(state_key(CHILD, old).encode(), None)]
    entry = decode_state(taken[0][0], taken[0][1] or b"")
    assert isinstance(entry, Obligation)
    assert entry.since == 50.0


def test_what_waits_and_fails_in_the_mapping_of_today_is_set_aside() -> None:
    old = Version(1, 4, 7, 1)
    hold = hold_with(Mapping(revision=2, fails=ValueError()), [held(old, CODEC.encode(change(PARENT)))])
    effects = hold.drain()
    assert verdicts(effects.sends) == [(7, Outcome.DEAD_LETTERED, "transform failed: ValueError")]
    assert effects.state == ({HOME: [(state_key(CHILD, old).encode(), None)]},)


def test_of_two_obligations_of_one_record_the_older_is_superseded() -> None:
    old, new = Version(1, 4, 7, 1), Version(1, 4, 9, 1)
    payload = CODEC.encode(change(PARENT))
    for state in ([held(old, payload), held(new, payload)], [held(new, payload), held(old, payload)]):
        effects = hold_with(Mapping(), state).drain()
        assert [(offset, outcome) for offset, outcome, _ in verdicts(effects.sends)] == [(7, Outcome.SUPERSEDED)]
        assert effects.state == ({HOME: [(state_key(CHILD, old).encode(), None)]},)


def test_a_fragment_waits_for_the_row_that_it_belongs_to() -> None:
    anchor = Link("", f"{PARENT}\0", required=True)
    write = Write(
        CHILD, WriteKind.WRITE, Version(1, 4, 1, 1), Unit(CDC, HOME, 1), (Part("f", "person", anchor=anchor),)
    )
    hold = hold_with(Mapping())
    feed(hold, (CHILD.encode(), CODEC.encode(write)), topic=TOPICS.returns)
    effects = hold.drain()
    assert writes(effects.sends, TOPICS.live) == []
    assert [key.decode() for key, _ in effects.state[0][HOME]] == [state_key(CHILD, write.version)]


@pytest.mark.parametrize("topic", [TOPICS.wants, TOPICS.answers])
def test_a_message_of_another_release_stops_hold(topic: str) -> None:
    with pytest.raises(ProtocolError, match="stop all workers of hold"):
        feed(hold_with(Mapping()), (None, b'{"v": 2}'), topic=topic)


def test_identities_hold_identities() -> None:
    with pytest.raises(ProtocolError, match="a RecordChange where identities and aliases are expected"):
        feed(hold_with(Mapping()), (CHILD.encode(), CODEC.encode(change())), topic=TOPICS.identities)


def test_the_obligations_topic_is_the_application_s_changelog() -> None:
    assert changelog(TOPICS) == f"{TOPICS.hold_application}-obligations-changelog"
