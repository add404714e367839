"""One partitioner and one id for everything about a record."""

from __future__ import annotations

import pytest
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from schemas import keys


@given(key=st.text(min_size=1), partitions=st.integers(1, 64))
def test_faust_and_we_choose_the_same_partition(key: str, partitions: int) -> None:
    everything = list(range(partitions))
    assert keys.partition_of(key, partitions) == DefaultPartitioner()(key.encode(), everything, everything)


@given(key=st.text(min_size=1), part=st.text().filter(lambda part: "\0" not in part), partitions=st.integers(1, 64))
def test_a_token_lies_with_its_record(key: str, part: str, partitions: int) -> None:
    record = key.replace("\0", "")
    token = keys.part_key(record, part)
    assert keys.split_token(token) == (record, part)
    assert keys.token_partition(token, partitions) == keys.partition_of(record, partitions)


@given(a=st.tuples(st.text(), st.text()), b=st.tuples(st.text(), st.text()))
def test_twenty_ids_differ_with_key_or_part(a: tuple[str, str], b: tuple[str, str]) -> None:
    first, second = (tuple(text.replace("\0", "") for text in pair) for pair in (a, b))
    assert (keys.twenty_id(*first) == keys.twenty_id(*second)) == (first == second)


def test_twenty_accepts_the_id() -> None:
    # seen on 1.10: v1, v3, v4 and v5 are accepted, v7, v8 and nil are not
    assert keys.twenty_id("clinic/patient/1", "")[14] == "5"


@pytest.mark.parametrize("key", ["", "clinic", "clinic/patient", "/patient/1", "clinic//1"])
def test_half_a_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="system/object/id"):
        keys.parse_record_key(key)


def test_an_id_may_hold_slashes() -> None:
    assert keys.parse_record_key("clinic/patient/a/b").id == "a/b"


def test_keys_for_logs_and_aliases_hide_what_they_name() -> None:
    assert "4711" not in keys.pseudonym("clinic/patient/MRN-4711")
    assert "Miller" not in keys.alias_key("clinic", "contact", "Miller", "555")
    assert keys.alias_key("c", "contact", "ab", "c") != keys.alias_key("c", "contact", "a", "bc")
