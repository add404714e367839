"""A poller's position: what it writes with every transaction, and where it goes on after any crash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from producers.selection import Selection, parse
from producers.source import Place
from schemas.broker import BrokerError, KafkaSettings, read_to_end
from schemas.codec import Codec
from schemas.records import Checkpoint
from schemas.topics import Topics

FORMAT = 1
SUSPECTS_KEPT = 1_000
"""More suspects than this are not written down: after a restart they need two more sweeps."""


class CheckpointError(RuntimeError):
    """A checkpoint of a release that this one does not know."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """after: the last row published; None: begin (again). since: partition -> offset in the object's topic from which
    on what was published counts (a snapshot that was asked for publishes everything again). only: the rows that were
    asked for; all where none is given. then: rows that were asked for while all were being read: theirs is the next."""

    done: bool = False
    after: Place | None = None
    rows: int = 0
    since: Mapping[int, int] = field(default_factory=dict)
    only: tuple[Selection, ...] = ()
    then: tuple[Selection, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether it has all rows to publish still, or some of them."""
        return not self.done and not self.only

    def asking(self, rows: Selection) -> Snapshot:
        """With these rows, too, as they are from now on."""
        if self.done or self.only:
            return Snapshot(since=self.since, only=(*self.only, rows))
        return replace(self, then=(*self.then, rows)) if self.rows else self

    def reading(self, rows: int, after: Place | None, *, ended: bool) -> Snapshot:
        """So many rows further; ``ended``: up to the last one."""
        if not ended:
            return replace(self, after=after, rows=self.rows + rows)
        if self.then:
            return Snapshot(since=self.since, only=self.then)
        return Snapshot(done=True, rows=self.rows + rows, since=self.since)


@dataclass(frozen=True, slots=True)
class Watermark:
    """Marks that only ever grow on one server: its clock and its log. Smaller ones mean a restore."""

    now: datetime
    server: str
    log_position: int


@dataclass(frozen=True, slots=True)
class Position:
    """run: which full run. cursor: every change before it is published. paused: guard -> why, for a person to approve.
    suspects: records that one complete sweep has missed. swept_at: when the last complete sweep began, in source time.
    swept_version: the version of the object's rows at that time, where the source has such a thing.
    control: next offset of the control topic to follow.
    """

    run: int = 1
    cursor: datetime | None = None
    snapshot: Snapshot = Snapshot()  # frozen
    suspects: frozenset[str] = frozenset()
    swept_at: datetime | None = None
    swept_version: str | None = None
    paused: Mapping[str, str] = field(default_factory=dict)
    approved: frozenset[str] = frozenset()
    watermark: Watermark | None = None
    control: int = 0


def restarted(position: Position) -> Position:
    """With a snapshot that is not done back at its beginning."""
    if position.snapshot.done:
        return position
    return replace(position, snapshot=replace(position.snapshot, after=None, rows=0))


def _moment(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def to_json(position: Position, health: str) -> dict[str, Any]:
    """The position as a checkpoint carries it. ``health`` is for readers: empty while all is well."""
    snapshot, watermark = position.snapshot, position.watermark
    kept = len(position.suspects) <= SUSPECTS_KEPT
    return {
        "run": position.run,
        "cursor": position.cursor.isoformat() if position.cursor else None,
        "snapshot": {
            "state": "done" if snapshot.done else "running",
            "after": list(snapshot.after) if snapshot.after is not None else None,
            "rows": snapshot.rows,
            "since": {str(partition): offset for partition, offset in snapshot.since.items()},
            "only": [selection.to_json() for selection in snapshot.only],
            "then": [selection.to_json() for selection in snapshot.then],
        },
        "sweep": {
            "at": position.swept_at.isoformat() if position.swept_at else None,
            # without its suspects, what was swept has to be swept anew
            "version": position.swept_version if kept else None,
            "suspects": sorted(position.suspects) if kept else [],
        },
        "paused": dict(position.paused),
        "approved": sorted(position.approved),
        "watermark": {
            "now": watermark.now.isoformat(),
            "server": watermark.server,
            "log": watermark.log_position,
        }
        if watermark
        else None,
        "control": position.control,
        "health": health,
    }


def from_json(format_: int, value: Mapping[str, Any]) -> Position:
    """Raises CheckpointError on a format of a later release."""
    if format_ != FORMAT:
        raise CheckpointError(
            f"a checkpoint of format {format_}, this release reads {FORMAT}: run the release that wrote it, or a later"
        )
    snapshot, watermark = value["snapshot"], value["watermark"]
    return Position(
        run=value["run"],
        cursor=_moment(value["cursor"]),
        snapshot=Snapshot(
            done=snapshot["state"] == "done",
            after=tuple(snapshot["after"]) if snapshot["after"] is not None else None,
            rows=snapshot["rows"],
            since={int(partition): offset for partition, offset in snapshot["since"].items()},
            only=tuple(found for one in snapshot.get("only", ()) if (found := parse(one))),
            then=tuple(found for one in snapshot.get("then", ()) if (found := parse(one))),
        ),
        suspects=frozenset(value["sweep"]["suspects"]),
        swept_at=_moment(value["sweep"]["at"]),
        swept_version=value["sweep"].get("version"),
        paused=value["paused"],
        approved=frozenset(value["approved"]),
        watermark=Watermark(datetime.fromisoformat(watermark["now"]), watermark["server"], watermark["log"])
        if watermark
        else None,
        control=value["control"],
    )


def read_checkpoints(kafka: KafkaSettings, topics: Topics, codec: Codec) -> dict[str, Checkpoint]:
    """``object -> checkpoint``, this system's last committed ones."""
    latest: dict[str, Checkpoint] = {}
    for message in read_to_end(kafka, topics.checkpoints, [0]):
        value = message.value()
        record = codec.decode(value) if value else None
        if isinstance(record, Checkpoint) and record.source == topics.system:
            latest[record.object] = record
    return latest


def read_positions(kafka: KafkaSettings, topics: Topics, codec: Codec) -> dict[str, Position]:
    """``object -> position`` of this system's last committed checkpoints.

    Call it after the objects' producers have been initialised: that ends what a predecessor left open.
    """
    positions = {}
    for name, checkpoint in read_checkpoints(kafka, topics, codec).items():
        try:
            positions[name] = from_json(checkpoint.format, checkpoint.position)
        except (KeyError, TypeError, ValueError) as error:
            raise BrokerError(
                f"{topics.checkpoints}: the checkpoint of {topics.system}/{name} cannot be read"
                f" ({type(error).__name__}): another program wrote it, or its release had a fault"
            ) from error
    return positions
