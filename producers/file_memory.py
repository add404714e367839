"""What was seen of files whose names do not order them. It outlives the process, so that one sent again stays old."""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from producers.naming import Order

log = logging.getLogger("dualrun.csv")

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Remembered:
    """A file's last content, and the rank that it had when that content was first seen."""

    size: int
    mtime_ns: int
    digest: str
    rank: str
    ctime_ns: int = 0


@dataclass(frozen=True, slots=True)
class KnownOrder:
    """How an object's exports were ordered last, and how they were when their names or times proved it."""

    last: Order
    proven: Order | None


class FileMemory:
    """In one small file. Without it a re-sent old export of an undated name would be taken for a new one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._files: dict[str, Remembered] = {}
        self._highest: dict[str, str] = {}
        self._orders: dict[str, KnownOrder] = {}
        with suppress(FileNotFoundError):
            try:
                found = json.loads(path.read_text())
                if found["format"] == FORMAT:
                    self._files = {name: Remembered(**one) for name, one in found["files"].items()}
                    self._highest = dict(found["highest"])
                    self._orders = {
                        name: KnownOrder(Order(one["last"]), Order(one["proven"]) if one["proven"] else None)
                        for name, one in found.get("orders", {}).items()
                    }
            except (ValueError, KeyError, TypeError):
                log.warning("%s cannot be read and is made anew", path)

    def file(self, name: str) -> Remembered | None:
        return self._files.get(name)

    def highest(self, object_name: str) -> str:
        """The greatest rank of an export of this object that was ever taken."""
        return self._highest.get(object_name, "")

    def order(self, object_name: str) -> KnownOrder | None:
        return self._orders.get(object_name)

    def ordered(self, object_name: str, order: Order, *, sure: bool) -> bool:
        """Whether that is another order than before: what ranked highest in that one is forgotten then."""
        before = self._orders.get(object_name)
        changed = before is not None and before.last is not order
        after = KnownOrder(order, order if sure else before.proven if before else None)
        if changed:
            self._highest.pop(object_name, None)
        if after != before:
            self._orders[object_name] = after
            self._save()
        return changed

    def remember(self, name: str, file: Remembered) -> None:
        if self._files.get(name) != file:
            self._files[name] = file
            self._save()

    def took(self, object_name: str, rank: str) -> None:
        if rank > self.highest(object_name):
            self._highest[object_name] = rank
            self._save()

    def _save(self) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = {
            "format": FORMAT,
            "files": {name: asdict(file) for name, file in self._files.items()},
            "highest": self._highest,
            "orders": {name: asdict(one) for name, one in self._orders.items()},
        }
        draft = self._path.with_suffix(".new")
        draft.write_text(json.dumps(text))
        draft.replace(self._path)
