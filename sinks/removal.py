"""In which order the parts of a record are removed."""

from __future__ import annotations

from collections.abc import Iterable

from schemas.records import Identity, PartMode


def removal_order(identities: Iterable[Identity]) -> list[Identity]:
    """Parts that refer to another part of the record go before it; otherwise the last one written goes first."""
    chosen = list(identities)
    rows = {identity.twenty_id: identity for identity in chosen if identity.mode is PartMode.OWN}

    def depth(identity: Identity, seen: frozenset[str] = frozenset()) -> int:
        parents = [
            rows[row]
            for row in identity.links.values()
            if row in rows and row not in seen and row != identity.twenty_id
        ]
        return 1 + max((depth(parent, seen | {identity.twenty_id}) for parent in parents), default=0)

    ranked = sorted(enumerate(chosen), key=lambda item: (depth(item[1]), item[0]), reverse=True)
    return [identity for _, identity in ranked]
