"""Files on their way into Twenty: opened as a stream, measured, hashed, never whole in memory."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx

from schemas.records import Attachment

MAX_BYTES = 25 * 1024 * 1024
"""Larger files go to the manual list: Twenty's storage is not made for imaging studies."""
_CHUNK = 256 * 1024

OVERSIZE = "oversize"
MISSING = "the file is not there"
UNREACHABLE = "the file could not be fetched"
OUTSIDE = "the path leads out of the documents directory"
UNKNOWN_LOCATOR = "no way to fetch this kind of locator"


class AttachmentError(Exception):
    """The file cannot be uploaded. ``reason`` names no file and quotes no path (they carry patients' names)."""

    def __init__(self, reason: str, *, passing: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.passing = passing
        """Whether a later attempt may succeed."""


@dataclass(frozen=True, slots=True)
class Content:
    """An open file: its bytes from the start, their number and their hash."""

    stream: IO[bytes]
    size: int
    sha256: str


class Attachments:
    """Opens locators: ``file:`` below ``root``, ``http(s)://`` with ``http``."""

    def __init__(self, root: Path | None, http: httpx.Client) -> None:
        self._root = root.resolve() if root else None
        self._http = http

    @contextmanager
    def open(self, attachment: Attachment) -> Iterator[Content]:
        """The file's content. Raises AttachmentError."""
        if attachment.size is not None and attachment.size > MAX_BYTES:
            raise AttachmentError(OVERSIZE)
        scheme, _, rest = attachment.locator.partition(":")
        if scheme == "file":
            with self._file(rest) as stream:
                yield _measured(stream)
        elif scheme in ("http", "https"):
            with tempfile.TemporaryFile() as stream:
                self._download(attachment.locator, stream)
                yield _measured(stream)
        else:
            raise AttachmentError(UNKNOWN_LOCATOR)

    def _file(self, relative: str) -> IO[bytes]:
        if self._root is None:
            raise AttachmentError("no documents directory is set")
        path = (self._root / relative).resolve()
        if not path.is_relative_to(self._root):
            raise AttachmentError(OUTSIDE)
        try:
            return path.open("rb")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise AttachmentError(MISSING) from None

    def _download(self, url: str, into: IO[bytes]) -> None:
        size = 0
        try:
            with self._http.stream("GET", url, follow_redirects=True) as response:
                if response.status_code in (404, 410):
                    raise AttachmentError(MISSING)
                if response.status_code >= 400:
                    raise AttachmentError(UNREACHABLE, passing=response.status_code >= 500)
                for chunk in response.iter_bytes(_CHUNK):
                    size += len(chunk)
                    if size > MAX_BYTES:
                        raise AttachmentError(OVERSIZE)
                    into.write(chunk)
        except httpx.TransportError:
            # from None: httpx names the URL
            raise AttachmentError(UNREACHABLE, passing=True) from None


def _measured(stream: IO[bytes]) -> Content:
    stream.seek(0)
    size, hashed = 0, hashlib.sha256()
    while chunk := stream.read(_CHUNK):
        size += len(chunk)
        if size > MAX_BYTES:
            raise AttachmentError(OVERSIZE)
        hashed.update(chunk)
    stream.seek(0)
    return Content(stream, size, hashed.hexdigest())
