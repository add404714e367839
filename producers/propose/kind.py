"""What the rows of an object are."""

from __future__ import annotations

from typing import NamedTuple

UNMAPPED = ""
"""Target of what does not become records: definitions to rebuild, tables of codes."""
CUSTOM = "custom"
MEMBER = "workspaceMember"


class Kind(NamedTuple):
    """entity: what the rows are. target: Twenty's object, ``custom``, or ``UNMAPPED``. confidence: 0 to 1.

    of: the object whose records the rows fill fields of; empty where they are records themselves.
    """

    entity: str
    target: str
    confidence: float
    why: str
    of: str = ""
