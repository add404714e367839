"""Who made a row that no identity tells of: perhaps a sender of ours, which died before Kafka knew.

The row says it itself. The id that we give is computed from the record key and part, and the row carries those two in
its source key, whatever the mapping calls that field.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Any
from uuid import UUID

from schemas.keys import named_by, twenty_id

_COMPUTED = 5
"""Version of the UUIDs that we give; Twenty's own are random."""


class Maker(Enum):
    """UNKNOWN: the id is computed and no field says from what. It is never adopted: another chart of ours may be the
    one that it belongs to, whose source key somebody has overwritten, or which the mapping gives no field for one."""

    US = auto()
    OTHERS = auto()
    UNKNOWN = auto()


def maker(row: Mapping[str, Any]) -> Maker:
    """Who made a row, which has all its fields."""
    if UUID(row["id"]).version != _COMPUTED:
        return Maker.OTHERS
    texts = (value for value in row.values() if isinstance(value, str))
    named = any(twenty_id(key, part) == row["id"] for text in texts for key, part in named_by(text))
    return Maker.US if named else Maker.UNKNOWN
