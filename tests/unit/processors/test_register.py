import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from processors.obligations import Passed, decode_state
from processors.register import LESSER, SAME, Register
from schemas.records import Operation, Outcome, RecordChange, Version

START = datetime(2026, 1, 1, tzinfo=UTC)


def statement(
    minute: int, origin: str, says: str, operation: Operation = Operation.UPSERT, run: int = 1
) -> RecordChange:
    moment = START + timedelta(minutes=minute)
    return RecordChange(
        "w",
        "~insurer",
        "acme",
        operation,
        {"says": says},
        moment,
        moment,
        run,
        content_hash=says,
        origin_key=origin,
        origin_version=Version(run, 1, minute, 1),
    )


def version(offset: int, run: int = 1, revision: int = 1) -> Version:
    return Version(run, 1, offset, revision)


@given(
    st.permutations([statement(1, "a", "x"), statement(2, "b", "y"), statement(2, "c", "z"), statement(3, "a", "w")])
)
def test_the_greatest_statement_stays_in_whatever_order_they_come(changes: list[RecordChange]) -> None:
    register, passed = Register(), ""
    for offset, change in enumerate(changes):
        if register.refuses(change, version(offset)) is None:
            passed = str(change.record["says"])
    assert passed == "w"


def test_a_lesser_statement_is_superseded_even_after_the_mapping_changed() -> None:
    register = Register()
    assert register.refuses(statement(5, "a", "new"), version(0)) is None
    assert register.refuses(statement(4, "b", "old"), version(1, revision=2)) == (Outcome.SUPERSEDED, LESSER)


def test_the_same_content_is_not_written_twice_but_is_in_a_new_run_or_mapping() -> None:
    register = Register()
    assert register.refuses(statement(1, "a", "x"), version(0)) is None
    assert register.refuses(statement(2, "b", "x"), version(1)) == (Outcome.SUPERSEDED, SAME)
    assert register.refuses(statement(2, "b", "x"), version(2, revision=2)) is None
    assert register.refuses(statement(1, "a", "x", run=2), version(3, run=2)) is None


def test_a_repeat_of_what_passed_passes() -> None:
    register = Register()
    assert register.refuses(statement(1, "a", "x"), version(0)) is None
    assert register.refuses(statement(1, "a", "x"), version(0)) is None


def test_the_end_of_one_source_row_ends_nothing() -> None:
    refusal = Register().refuses(statement(1, "a", "x", Operation.DELETE), version(0))
    assert refusal is not None
    assert refusal[0] is Outcome.SKIPPED


def test_what_a_zombie_wrote_back_does_not_lower_the_register() -> None:
    before = Register()
    log: dict[bytes, bytes] = {}
    states: list[dict[bytes, bytes]] = []
    for offset, change in enumerate((statement(1, "a", "x"), statement(2, "b", "y"), statement(3, "c", "z"))):
        assert before.refuses(change, version(offset)) is None
        puts, deletes = before.changes()
        log.update({key: value for key, value in puts if value is not None})
        for key, _ in deletes:
            log.pop(key, None)
        states.append(dict(log))
    everything = {key: value for state in states for key, value in state.items()}
    for order in itertools.permutations(everything.items()):
        register = Register()
        for key, value in order:
            passed = decode_state(key, value)
            assert isinstance(passed, Passed)
            register.restore(passed)
        assert register.refuses(statement(2, "d", "stale"), version(9)) == (Outcome.SUPERSEDED, LESSER)
        _, deletes = register.changes()
        assert len(deletes) == 2, "the lesser keys go"
