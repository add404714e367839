"""All identities in memory: what the sink knows of each part in Twenty, who holds which row and unique value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from schemas.records import Identity, IdentityState, PartMode, Unit, Version, Write
from sinks.mergers import Mergers

LIVING = (IdentityState.LIVE, IdentityState.ADOPTING)


class Book:
    """The newest identity of every part. ``put`` takes what was published, in that order."""

    def __init__(self, identities: Iterable[Identity] = ()) -> None:
        self._records: dict[str, dict[str, Identity]] = {}
        self._holders: dict[tuple[str, str], tuple[str, str]] = {}
        self._without: dict[tuple[str, str], set[tuple[str, str]]] = {}
        self._rows: dict[str, tuple[str, str]] = {}
        self._trash: set[str] = set()
        self._sharing: dict[str, set[tuple[str, str]]] = {}
        self._shared: dict[str, tuple[set[str], set[str]]] = {}
        self._linking: dict[str, set[str]] = {}
        self._own: Counter[str] = Counter()
        self._coming: set[tuple[str, str]] = set()
        self.awaiting: dict[tuple[str, str], Unit] = {}
        """Parts that wait for a row that Twenty does not have yet, and where their writes lie."""
        self.mergers = Mergers()
        for identity in identities:
            self.put(identity)

    def put(self, identity: Identity) -> None:
        name = (identity.key, identity.part)
        parts = self._records.setdefault(identity.key, {})
        old = parts.get(identity.part)
        if old is not None:
            self._forget(old, name)
        parts[identity.part] = identity
        self.mergers.put(old, identity)
        self._coming.discard(name)
        if identity.state is IdentityState.DELETED and identity.retired and identity.message is not None:
            self._coming.add(name)
        for row in identity.links.values():
            self._linking.setdefault(row, set()).add(identity.key)
        self.awaiting.pop(name, None)
        if identity.awaiting is not None:
            self.awaiting[name] = identity.awaiting
        if identity.mode is PartMode.FRAGMENT:
            fields, relations = self._shared.setdefault(identity.target, (set(), set()))
            fields.update(identity.owned)
            relations.update(identity.links)
        if identity.mode is PartMode.FRAGMENT and identity.state in LIVING:
            self._sharing.setdefault(identity.twenty_id, set()).add(name)
        shares = identity.mode in (PartMode.FRAGMENT, PartMode.MERGER)
        if shares or identity.state is IdentityState.ROLLED_BACK:
            return
        if identity.mode is PartMode.MERGED:
            if identity.retired:
                self._trash.add(identity.retired)
        elif identity.state in LIVING:
            self._rows[identity.twenty_id] = name
            self._own[identity.target] += identity.mode is PartMode.OWN
            self._trash.discard(identity.twenty_id)
        elif identity.twenty_id:
            self._trash.add(identity.twenty_id)
        if identity.state not in LIVING or identity.mode is PartMode.MERGED:
            return  # a row leaves its values when it goes into the trash
        for value in identity.unique:
            self._holders.setdefault((identity.target, value), name)
        for value in identity.missed:
            self._without.setdefault((identity.target, value), set()).add(name)

    def _forget(self, old: Identity, name: tuple[str, str]) -> None:
        if name in self._sharing.get(old.twenty_id, ()):
            self._sharing[old.twenty_id].discard(name)
        if self._rows.get(old.twenty_id) == name:
            del self._rows[old.twenty_id]
            self._own[old.target] -= old.mode is PartMode.OWN
        for value in old.unique:
            if self._holders.get((old.target, value)) == name:
                del self._holders[(old.target, value)]
        for value in old.missed:
            self._without.get((old.target, value), set()).discard(name)

    def record(self, key: str) -> Mapping[str, Identity]:
        return self._records.get(key, {})

    def newest(self, key: str) -> Version | None:
        return max((identity.version for identity in self.record(key).values()), default=None)

    def covers(self, patch: Write) -> bool:
        """Whether all parts of a patch are there in the version that it completes."""
        known = self.record(patch.key)
        return all(part.name in known and known[part.name].version == patch.version for part in patch.parts)

    def holder(self, target: str, unique: str) -> tuple[str, str] | None:
        """Which of our parts holds a unique value (``unique.digest``)."""
        return self._holders.get((target, unique))

    def without(self, target: str, unique: str) -> list[Identity]:
        """The living parts that were to hold a unique value and did without, because another one held it."""
        return [self._records[key][part] for key, part in sorted(self._without.get((target, unique), ()))]

    def could_have_more(self, known: Identity) -> bool:
        """Whether nobody holds any more what a part did without."""
        return any((known.target, value) not in self._holders for value in known.missed)

    def deprived(self) -> list[Identity]:
        """The parts that could have more."""
        places = [place for place in self._without if place not in self._holders]
        return [known for target, value in places for known in self.without(target, value)]

    def coming(self) -> list[Identity]:
        """Parts that are merged no more and whose last write was not sent again yet."""
        return [self._records[key][part] for key, part in sorted(self._coming)]

    def owner(self, row: str) -> Identity | None:
        """The living identity of a row in Twenty; None where the row is not ours."""
        name = self._rows.get(row)
        return self._records[name[0]][name[1]] if name else None

    def at(self, row: str) -> list[Identity]:
        """All living parts that write to a row: the one that it is, and the fragments that share it."""
        names = [self._rows[row]] if row in self._rows else []
        return [self._records[key][part] for key, part in [*names, *sorted(self._sharing.get(row, ()))]]

    def claimed(self, row: str, *, besides: tuple[str, str]) -> set[str]:
        """The fields and relations of a row that living parts other than one (record key, part) own."""
        others = (one for one in self.at(row) if (one.key, one.part) != besides)
        return {name for one in others for name in (*one.owned, *one.links)}

    def shared(self, target: str) -> tuple[set[str], set[str]]:
        """The fields and the relations that fragments of an object's rows ever owned."""
        return self._shared.get(target, (set(), set()))

    def referring(self, row: str) -> list[Identity]:
        """Living parts that link to a row."""
        # records that linked to it once stay in the index: few move, and to look at one costs less than to keep count
        parts = [known for key in sorted(self._linking.get(row, ())) for known in self._records[key].values()]
        living = (known for known in parts if known.state in LIVING and known.mode is not PartMode.MERGED)
        return [known for known in living if row in known.links.values()]

    def ours(self, row: str) -> bool:
        """Whether a row was made or adopted by us, living or trashed."""
        return row in self._rows or row in self._trash

    def lost(self, row: str) -> bool:
        """Whether a row was ours and is deleted."""
        return row in self._trash and row not in self._rows

    def living(self, target: str) -> int:
        """How many rows of an object are ours."""
        return self._own[target]

    def __len__(self) -> int:
        return sum(map(len, self._records.values()))

    def __iter__(self) -> Iterator[Identity]:
        for parts in self._records.values():
            yield from parts.values()
