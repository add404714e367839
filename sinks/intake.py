"""From messages to lanes: decode, index, and dead-letter what is no record of ours."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from schemas.codec import Codec, CodecError
from schemas.records import Lift, Unit, Verdict, Write
from sinks.decisions import Decisions
from sinks.inbox import CaughtUp, Inbox, Received
from sinks.lanes import Lanes

log = logging.getLogger("dualrun.sink")

MAX_LIVE = 20_000
"""Live records in memory; beyond it the lane is left on the topic."""
_RECEIVE = 500


class Intake:
    def __init__(self, inbox: Inbox, lanes: Lanes, decisions: Decisions, codec: Codec) -> None:
        self._inbox = inbox
        self._lanes = lanes
        self._decisions = decisions
        self._codec = codec

    def receive(self, timeout: float, now: float) -> None:
        """One round: live first, then bulk, then the bulk bodies whose turn has come."""
        self._decisions.decide_anew(self.writes)
        if self._lanes.live < MAX_LIVE:
            for received in self._inbox.live(_RECEIVE, timeout):
                if isinstance(received, CaughtUp):
                    self._lanes.caught_up(received.partition, received.offset, received.lane)
                    continue
                self._lanes.opened(received.position)
                self._take(received, now)
        for item in self._inbox.bulk(_RECEIVE):
            if isinstance(item, CaughtUp):
                self._lanes.caught_up(item.partition, item.offset)
                continue
            self._lanes.opened(item.position)
            if self._lanes.room() or self._lanes.hastened(item.key):
                self._take(item, now)
            else:
                self._lanes.index(item.position, item.key)
        turns = self._lanes.turns(_RECEIVE)
        if turns:
            for body in self._inbox.bodies(turns):
                self._take(body, now)
        self._lanes.reconsider(now)

    def writes(self, units: Iterable[Unit]) -> list[Write]:
        """The writes in messages that were finished before, of either lane."""
        found = [self._codec.decode(body.raw) for body in self._inbox.bodies(map(self._inbox.position, units))]
        return [record for record in found if isinstance(record, Write)]

    def _take(self, received: Received, now: float) -> None:
        try:
            record = self._codec.decode(received.raw)
        except CodecError as error:
            log.error("%s %s: %s", received.position.lane.name, received.position[1:], error)
            self._decisions.undecodable(received.position.partition, received.key, received.raw, "not readable")
            self._lanes.finish(received.position)
            return
        if isinstance(record, Write | Lift):
            for replaced in self._lanes.offer(received.position, record, now):
                self._decisions.superseded(replaced)
        elif isinstance(record, Verdict):
            self._decisions.verdict(record)
            self._lanes.finish(received.position)
        else:
            reason = f"{type(record).__name__} does not belong here"
            self._decisions.undecodable(received.position.partition, received.key, received.raw, reason)
            self._lanes.finish(received.position)
