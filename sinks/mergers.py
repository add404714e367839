"""Which records were merged into which, and who refers to a merged one: an index over the identities."""

from __future__ import annotations

from collections.abc import Iterable

from schemas.keys import part_key, split_token
from schemas.records import Identity, IdentityState, Merger, PartMode

Name = tuple[str, str]
"""Record key and part."""


class Mergers:
    """``put`` takes every identity, in the order of publication, with the one that it replaces."""

    def __init__(self) -> None:
        self._of: dict[str, dict[Name, Merger]] = {}
        self._into: dict[str, set[str]] = {}
        self._via: dict[str, set[Name]] = {}
        self._heard: set[str] = set()

    def put(self, old: Identity | None, new: Identity) -> None:
        name = (new.key, new.part)
        if old is not None:
            for token in old.via.values():
                self._via[token].discard(name)
            if old.merger is not None:
                self._of.get(old.merger.loser, {}).pop(name, None)
        for token in new.via.values():
            self._via.setdefault(token, set()).add(name)
        if new.merger is not None:
            self._heard.add(new.merger.loser)
        if new.mode is PartMode.MERGER and new.state is IdentityState.LIVE and new.merger is not None:
            self._of.setdefault(new.merger.loser, {})[name] = new.merger
            self._into.setdefault(new.merger.survivor, set()).add(new.merger.loser)

    def hear(self, loser: str) -> None:
        """A merger was replaced before it was published."""
        self._heard.add(loser)

    def heard_of(self, token: str) -> bool:
        """Whether a record was ever merged: what a process that died wrote of it may have led elsewhere."""
        return token in self._heard

    def survivor(self, loser: str) -> str | None:
        """The token that a loser was merged into: what its own record says counts first, then what was said last."""
        said = self._of.get(loser)
        if not said:
            return None
        key = split_token(loser)[0]
        return max(said.items(), key=lambda item: (item[0][0] == key, item[1].at, item[0]))[1].survivor

    def path(self, loser: str) -> list[str]:
        """The tokens that a loser leads to, the nearest first; empty for one that a cycle of mergers goes through."""
        seen = [loser]
        while (after := self.survivor(seen[-1])) is not None:
            if after in seen:
                # what leads into a cycle stops where it meets it: nobody can say which of its records survived
                return seen[1 : seen.index(after) + 1] if after != loser else []
            seen.append(after)
        return seen[1:]

    def upstream(self, token: str) -> list[str]:
        """The losers whose path goes through ``token``, itself included, the nearest first."""
        found = {token: None}
        todo = [token]
        while todo:
            for loser in sorted(self._into.get(todo.pop(0), ())):
                if loser not in found:
                    found[loser] = None
                    todo.append(loser)
        return list(found)

    def through(self, token: str) -> Iterable[Name]:
        """Parts whose link leads through a merged record."""
        return sorted(self._via.get(token, ()))

    def tokens(self) -> list[str]:
        """Records that something leads through."""
        return sorted(token for token, names in self._via.items() if names)

    def losers(self) -> list[str]:
        return sorted(loser for loser, said in self._of.items() if said)


def main_token(key: str) -> str:
    return part_key(key, "")
