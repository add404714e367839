from collections import Counter

from prometheus_client import REGISTRY

from processors.metrics import TimedTransform, show
from schemas.records import Operation, Unit, Version
from tests.chaos.hold_plan import Step
from tests.chaos.hold_worker import TrivialTransform
from tests.unit.processors.test_hold import CHILDREN, PARENTS


def sample(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


def test_partitions_add_up_and_what_has_left_goes_to_zero() -> None:
    first = (Counter({("metered", "parent"): 2}), Counter({"metered": 1}), {"metered": 90.0})
    second = (Counter({("metered", "parent"): 3, ("metered", "@name"): 1}), Counter({"metered": 0}), {"metered": 40.0})
    show(100.0, [first, second])
    assert sample("dualrun_held_records", object="metered", missing_parent="parent") == 5
    assert sample("dualrun_held_records", object="metered", missing_parent="@name") == 1
    assert sample("dualrun_held_oldest_seconds", object="metered") == 60
    assert sample("dualrun_parked_records", object="metered") == 1
    show(101.0, [])
    assert sample("dualrun_held_records", object="metered", missing_parent="parent") == 0
    assert sample("dualrun_held_oldest_seconds", object="metered") == 0
    assert sample("dualrun_parked_records", object="metered") == 0


def test_a_timed_transform_changes_nothing_and_times_the_first_call_of_sixteen() -> None:
    step = Step(0, CHILDREN[0], Operation.UPSERT, (PARENTS[0],))
    step.build(0)
    version, unit = Version(1, 1, 0, 1), Unit("t", 0, 0)
    timed = TimedTransform(TrivialTransform())
    before = sample("dualrun_transform_duration_seconds_count") or 0
    for _ in range(17):
        assert timed(step.change, version, unit) == TrivialTransform()(step.change, version, unit)
    assert sample("dualrun_transform_duration_seconds_count") == before + 2
    assert timed.revision == 1
