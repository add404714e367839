"""Which names Twenty takes for objects, fields and options (packages/twenty-server, metadata validators)."""

from __future__ import annotations

import re

LONGEST_NAME = 63

_PAIRS = (
    *("plan", "event", "field", "link", "fullName", "type", "object", "relation", "aggregate", "job", "role", "user"),
    *("workspace", "userWorkspace", "userWorkspaceRole", "appToken", "featureFlag", "keyValuePair"),
    *("pageLayout", "pageLayoutTab", "pageLayoutWidget", "postgresCredential", "twoFactorMethod"),
    *("approvedAccessDomain", "billingCustomer", "billingEntitlement", "billingMeter", "billingProduct"),
    *("billingSubscription", "billingSubscriptionItem"),
)
RESERVED = frozenset(
    {*_PAIRS, *(f"{name}s" for name in _PAIRS)} | {"currency", "currencies", "address", "addresses", "index", "indexes"}
)
"""Names that Twenty keeps for itself, singular and plural."""
SYSTEM = frozenset({"id", "createdAt", "updatedAt", "deletedAt", "createdBy", "position", "searchVector"})
"""Fields that every object has."""

OPTION_VALUE = re.compile(r"(?!.*__)[A-Z][A-Z0-9]*(_[A-Z0-9]+)*\Z")
"""UPPER_SNAKE_CASE without a leading digit or a double, leading or trailing underscore."""


def camel_case(text: str) -> str:
    """Twenty's spelling (lodash): words end where digits or capitals begin, so `hba1c` is `hba1C`.

    A name must equal its own camel case.
    """
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", text)
    return "".join(word.lower() if index == 0 else word.capitalize() for index, word in enumerate(words))
