"""What a poller writes down of its position, now and in releases to come."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.checkpoint import SUSPECTS_KEPT, CheckpointError, Position, Snapshot, Watermark, from_json, to_json

FORMAT_1 = """{
  "approved": ["burst"], "control": 4, "cursor": "2026-11-21T03:19:17.414858+00:00", "health": "", "run": 2,
  "paused": {"missing": "11 of 50"},
  "snapshot": {"after": ["P-000123"], "rows": 3, "since": {"2": 17}, "state": "running"},
  "sweep": {"at": "2026-11-21T03:19:18.414858+00:00", "suspects": ["P-1"]},
  "watermark": {"log": 47470472, "now": "2026-11-21T03:19:18.414858+00:00", "server": "7710455020653320538"}
}"""

moments = st.datetimes(timezones=st.just(UTC))
snapshots = st.builds(
    Snapshot,
    done=st.booleans(),
    after=st.none() | st.lists(st.text()).map(tuple),
    rows=st.integers(0),
    since=st.dictionaries(st.integers(0, 9), st.integers(0)),
)
positions = st.builds(
    Position,
    run=st.integers(1),
    cursor=st.none() | moments,
    snapshot=snapshots,
    suspects=st.frozensets(st.text(), max_size=5),
    swept_at=st.none() | moments,
    paused=st.dictionaries(st.text(), st.text()),
    approved=st.frozensets(st.text()),
    watermark=st.none() | st.builds(Watermark, moments, st.text(), st.integers(0)),
    control=st.integers(0),
)


@given(positions)
def test_a_position_survives(position: Position) -> None:
    assert from_json(1, json.loads(json.dumps(to_json(position, "")))) == position


def test_format_1_is_read() -> None:
    position = from_json(1, json.loads(FORMAT_1))
    moment = datetime(2026, 11, 21, 3, 19, 18, 414858, tzinfo=UTC)
    assert position == Position(
        run=2,
        cursor=datetime(2026, 11, 21, 3, 19, 17, 414858, tzinfo=UTC),
        snapshot=Snapshot(False, ("P-000123",), 3, {2: 17}),
        suspects=frozenset({"P-1"}),
        swept_at=moment,
        paused={"missing": "11 of 50"},
        approved=frozenset({"burst"}),
        watermark=Watermark(moment, "7710455020653320538", 47470472),
        control=4,
    )
    assert from_json(1, to_json(position, "")) == position


def test_a_later_format_is_refused() -> None:
    with pytest.raises(CheckpointError, match="a checkpoint of format 2, this release reads 1"):
        from_json(2, {})


def test_very_many_suspects_are_not_written_with_every_heartbeat() -> None:
    position = Position(suspects=frozenset(map(str, range(SUSPECTS_KEPT + 1))))
    assert to_json(position, "")["sweep"]["suspects"] == []
