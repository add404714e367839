"""Uploaded files: kept under the data directory, read back through links that only the server can sign."""

from __future__ import annotations

import hashlib
import hmac
import shutil
import uuid
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from infra.standin.errors import ApiError
from infra.standin.model import Row

MAX_BYTES = 25 * 1024 * 1024


class Files:
    def __init__(self, root: Path, secret: str) -> None:
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

    def signed(self, row: Row, base_url: str) -> Row:
        """An attachment as 1.10 answers it: `fullPath` is a link, even where nothing was uploaded."""
        path = row["fullPath"]
        if not path or "://" in path:
            return row
        folder, _, name = path.rpartition("/")
        return {**row, "fullPath": f"{base_url}/files/{folder}/{self._token(path)}/{name}"}

    def _token(self, path: str) -> str:
        return hmac.new(self._secret, path.encode(), hashlib.sha256).hexdigest()


def oversize() -> ApiError:
    message = f"File truncated as it exceeds the {MAX_BYTES} byte size limit."
    return ApiError(413, "Payload Too Large", message, single=True)


def _kebab(folder: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in folder).lstrip("-")
