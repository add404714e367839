"""Uploaded files: kept under the data directory, read back through links that only the server can sign."""

from __future__ import annotations

import base64
import hashlib
import hmac
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from infra.standin.errors import ApiError
from infra.standin.model import Row

MEGABYTE = 1024 * 1024
_FIELD_FILES = "files-field"


class Files:
    """`max_bytes` is the largest upload taken; servers differ, and proxies before them too."""

    def __init__(self, root: Path, secret: str, max_bytes: int = 25 * MEGABYTE) -> None:
        self.max_bytes = max_bytes
        self._root = root
        self._secret = secret.encode()

    def save(self, folder: str, name: str, source: BinaryIO) -> dict[str, Any]:
        """Stores an upload under a new name; the answer's `path` is what an attachment's `fullPath` is set to."""
        path = f"{_kebab(folder)}/{uuid.uuid4()}{PurePosixPath(name).suffix}"
        target = self._root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            shutil.copyfileobj(source, file)
        return {"path": path, "token": self._token(path)}

    def save_field_file(self, name: str, source: BinaryIO, now: str, base_url: str) -> dict[str, Any]:
        """Stores what a FILES field of a later release will refer to by id."""
        identity = str(uuid.uuid4())
        path = f"{_FIELD_FILES}/{identity}{PurePosixPath(name).suffix}"
        target = self._root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            shutil.copyfileobj(source, file)
        size, url = target.stat().st_size, self._link(path, base_url)
        return {"id": identity, "path": path, "size": size, "url": url, "createdAt": now}

    def has(self, identity: str) -> bool:
        return self._named(identity) is not None

    def _named(self, identity: str) -> str | None:
        """The name under which a FILES field's file lies in its folder."""
        return next((path.name for path in (self._root / _FIELD_FILES).glob(f"{identity}*")), None)

    def find(self, folder: str, token: str, name: str) -> Path:
        path = f"{folder}/{name}"
        if not hmac.compare_digest(token, self._token(path)):
            raise ApiError(403, "FORBIDDEN_EXCEPTION", "Forbidden resource")
        target = self._root / path
        if not target.is_file():
            raise ApiError(404, "NotFoundException", "File not found")
        return target

    def clear(self) -> None:
        shutil.rmtree(self._root, ignore_errors=True)

    def image(self) -> dict[str, str]:
        """Every file by path, in base64."""
        paths = (path for path in self._root.rglob("*") if path.is_file())
        return {str(path.relative_to(self._root)): base64.b64encode(path.read_bytes()).decode() for path in paths}

    def load(self, image: Mapping[str, str]) -> None:
        """Becomes what `image()` told. Raises ValueError for a path that leads elsewhere."""
        targets = {(self._root / path).resolve(): content for path, content in image.items()}
        if not all(target.is_relative_to(self._root.resolve()) for target in targets):
            raise ValueError("a file's path must stay below the folder of files")
        self.clear()
        for target, content in targets.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(base64.b64decode(content))

    def signed(self, row: Row, base_url: str) -> Row:
        """An attachment as it is answered: `fullPath` is a link, even where nothing was uploaded, as on 1.10; the
        entries of `file`, where there is one, carry theirs in `url`.
        """
        path = row["fullPath"]
        if path and "://" not in path:
            row = {**row, "fullPath": self._link(path, base_url)}
        if row.get("file"):
            row = {**row, "file": [self._described(one, base_url) for one in row["file"]]}
        return row

    def _described(self, entry: Row, base_url: str) -> Row:
        name = self._named(entry["fileId"])
        if name is None:
            return entry
        return {**entry, "extension": PurePosixPath(name).suffix, "url": self._link(f"{_FIELD_FILES}/{name}", base_url)}

    def _link(self, path: str, base_url: str) -> str:
        folder, _, name = path.rpartition("/")
        return f"{base_url}/files/{folder}/{self._token(path)}/{name}"

    def oversize(self) -> ApiError:
        message = f"File truncated as it exceeds the {self.max_bytes} byte size limit."
        return ApiError(413, "Payload Too Large", message, single=True)

    def _token(self, path: str) -> str:
        return hmac.new(self._secret, path.encode(), hashlib.sha256).hexdigest()


def _kebab(folder: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in folder).lstrip("-")
