"""What was seen of files whose names do not order them. It outlives the process, so that one sent again stays old."""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

log = logging.getLogger("dualrun.csv")

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Remembered:
    """A file's last content, and the rank that it had when that content was first seen."""

    size: int
    mtime_ns: int
    digest: str
    rank: str


class FileMemory:
    """In one small file. Without it a re-sent old export of an undated name would be taken for a new one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._files: dict[str, Remembered] = {}
        self._highest: dict[str, str] = {}
        with suppress(FileNotFoundError):
            try:
                found = json.loads(path.read_text())
                if found["format"] == FORMAT:
                    self._files = {name: Remembered(**one) for name, one in found["files"].items()}
                    self._highest = dict(found["highest"])
            except (ValueError, KeyError, TypeError):
                log.warning("%s cannot be read and is made anew", path)

    def file(self, name: str) -> Remembered | None:
        return self._files.get(name)

    def highest(self, object_name: str) -> str:
        """The greatest rank of an export of this object that was ever taken."""
        return self._highest.get(object_name, "")

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
        }
        draft = self._path.with_suffix(".new")
        draft.write_text(json.dumps(text))
        draft.replace(self._path)
