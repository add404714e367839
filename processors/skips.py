"""Skip rules: rows that do not belong into Twenty."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from schemas.mapping.conditions import Row, compile_conditions
from schemas.mapping.converters import day
from schemas.mapping.language import Skip, Stale, SystemMapping
from schemas.mapping.values import UnusableError, is_blank
from schemas.records import RecordChange


class Skipped(NamedTuple):
    """``retract``: what is in Twenty goes; otherwise it stays and is kept in step."""

    reason: str
    retract: bool


Verdict = Callable[[RecordChange], Skipped | None]


def compile_skips(mapping: SystemMapping, object_name: str) -> Verdict | None:
    """The first rule that a row meets decides; None where an object has no rules.

    A row's age is reckoned from the time when it was read, so the same change has the same verdict whenever it is
    looked at.
    """
    mapped = mapping.objects.get(object_name)
    if mapped is None or not mapped.skip:
        return None
    zone = ZoneInfo(mapping.zone_of(object_name))
    rules = [_rule(skip, zone) for skip in mapped.skip]

    def verdict(change: RecordChange) -> Skipped | None:
        return next((skipped for skipped, meets in rules if meets(change)), None)

    return verdict


def _rule(skip: Skip, zone: ZoneInfo) -> tuple[Skipped, Callable[[RecordChange], bool]]:
    holds = compile_conditions(skip.when, lambda column: column)
    is_stale = _stale(skip.stale, zone) if skip.stale else None

    def meets(change: RecordChange) -> bool:
        return (holds is None or holds(change.record)) and (is_stale is None or is_stale(change))

    return Skipped(skip.reason, retract=skip.stale is None), meets


def _stale(stale: Stale, zone: ZoneInfo) -> Callable[[RecordChange], bool]:
    newest_of = _newest(stale.columns, zone)

    @lru_cache(maxsize=16)
    def limit(today: date) -> str:
        return (today - relativedelta(months=stale.months)).isoformat()

    def is_stale(change: RecordChange) -> bool:
        newest = newest_of(change.record)
        return newest is not None and newest < limit(change.captured_at.astimezone(zone).date())

    return is_stale


def _newest(columns: list[str], zone: ZoneInfo) -> Callable[[Row], str | None]:
    to_day = day(zone)

    def newest(row: Row) -> str | None:
        days = []
        for column in columns:
            value = row.get(column)
            if is_blank(value):
                continue
            try:
                days.append(to_day(value))
            except UnusableError:
                continue  # no date: nothing is kept out for what cannot be read
        return max(days, default=None)

    return newest
