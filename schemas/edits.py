"""Who wins where somebody edits in Twenty what Dualrun keeps: a policy per field, and one for trashed rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as defaulted
from typing import Literal

EditPolicy = Literal["source_wins", "twenty_wins", "ask"]
"""An edited field is written over, is left as it is, or is left until a person has decided."""
TrashPolicy = Literal["revive", "skip", "ask"]
"""A row in the trash comes back, stays there, or stays there until a person has decided."""


@dataclass(frozen=True, slots=True)
class PartPolicy:
    """fields: Twenty field or relation -> its policy; what is not named follows the source."""

    fields: Mapping[str, EditPolicy] = defaulted(default_factory=dict)
    trashed: TrashPolicy = "revive"

    @property
    def default(self) -> bool:
        """Whether the source wins in everything, so that nothing has to be read before a write."""
        return self.trashed == "revive" and not self.fields


SOURCE_WINS = PartPolicy()
EditPolicies = Mapping[str, PartPolicy]
"""By ``policy_key``; a part that is not named follows the source."""


def policy_key(object_name: str, part: str) -> str:
    """``part`` is a part's name in the mapping, without the key of a repeated part."""
    return f"{object_name}#{part}"
