"""Files on their way into Twenty: opened as a stream, measured, hashed, never whole in memory."""

from __future__ import annotations

import base64
import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import SEEK_END, BytesIO
from pathlib import Path
from typing import IO
from urllib.parse import unquote_to_bytes

import httpx
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential
from tenacity.wait import wait_base

from schemas.blobs import MAX_BYTES, path_of
from schemas.records import Attachment

_CHUNK = 256 * 1024
_ATTEMPTS = 3
_SLOWEST = 60.0
"""Seconds that one download may take: nothing else is sent meanwhile."""

OVERSIZE = "oversize"
MISSING = "the file is not there"
UNREACHABLE = "the file could not be fetched"
OUTSIDE = "the path leads out of the documents directory"
DAMAGED = "the stored bytes are not those that were captured"
UNREADABLE = "the file cannot be read"
TOO_SLOW = "the file came too slowly"
UNKNOWN_LOCATOR = "no way to fetch this kind of locator"


class AttachmentError(Exception):
    """The file cannot be uploaded. ``reason`` names no file and quotes no path (they carry patients' names)."""

    def __init__(self, reason: str, *, passing: bool = False, size: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.passing = passing
        """Whether a later attempt may succeed."""
        self.size = size
        """Bytes, as far as they are known."""


@dataclass(frozen=True, slots=True)
class Content:
    """An open file: its bytes from the start, their number and their hash."""

    stream: IO[bytes]
    size: int
    sha256: str


class Attachments:
    """Opens locators: ``file:`` and ``blob:`` below ``root``, ``http(s)://`` with ``http``, ``data:`` by themselves.

    wait: seconds between the attempts at a download.
    """

    def __init__(
        self,
        root: Path | None,
        http: httpx.Client,
        *,
        wait: wait_base | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._root = root.resolve() if root else None
        self._http = http
        self._wait = wait or wait_random_exponential(0.2, max=2)
        self._clock = clock

    @contextmanager
    def open(self, attachment: Attachment) -> Iterator[Content]:
        """The file's content. Raises AttachmentError."""
        if attachment.size is not None and attachment.size > MAX_BYTES:
            raise AttachmentError(OVERSIZE, size=attachment.size)
        scheme, _, rest = attachment.locator.partition(":")
        match scheme.lower():
            case "file":
                with self._file(rest) as stream:
                    yield _measured(stream)
            case "blob":
                with self._file(str(path_of(rest))) as stream:
                    content = _measured(stream)
                    if content.sha256 != rest:
                        raise AttachmentError(DAMAGED, size=content.size)
                    yield content
            case "http" | "https":
                with tempfile.TemporaryFile() as stream:
                    self._fetch(attachment.locator, stream)
                    yield _measured(stream)
            case "data":
                yield _measured(BytesIO(_decoded(rest)))
            case _:
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
        except OSError:
            # from None: the text names the path. A share that is away comes back.
            raise AttachmentError(UNREADABLE, passing=True) from None

    def _fetch(self, url: str, into: IO[bytes]) -> None:
        retrying = Retrying(
            retry=retry_if_exception(lambda error: isinstance(error, AttachmentError) and error.passing),
            wait=self._wait,
            stop=stop_after_attempt(_ATTEMPTS),
            reraise=True,
        )
        retrying(self._download, url, into)

    def _download(self, url: str, into: IO[bytes]) -> None:
        into.seek(0)
        into.truncate()
        size, began = 0, self._clock()
        try:
            with self._http.stream("GET", url, follow_redirects=True) as response:
                if response.status_code in (404, 410):
                    raise AttachmentError(MISSING)
                if response.status_code >= 400:
                    passing = response.status_code >= 500 or response.status_code in (408, 425, 429)
                    raise AttachmentError(UNREACHABLE, passing=passing)
                told = response.headers.get("Content-Length", "")
                if told.isdigit() and int(told) > MAX_BYTES:
                    raise AttachmentError(OVERSIZE, size=int(told))
                for chunk in response.iter_bytes():
                    size += len(chunk)
                    if size > MAX_BYTES:
                        raise AttachmentError(OVERSIZE, size=size)
                    if self._clock() - began > _SLOWEST:
                        raise AttachmentError(TOO_SLOW, passing=True)
                    into.write(chunk)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.TooManyRedirects):
            raise AttachmentError(UNREACHABLE) from None
        except (httpx.TransportError, httpx.DecodingError):
            # from None: httpx names the URL
            raise AttachmentError(UNREACHABLE, passing=True) from None


def _measured(stream: IO[bytes]) -> Content:
    stream.seek(0)
    size, hashed = 0, hashlib.sha256()
    while chunk := stream.read(_CHUNK):
        size += len(chunk)
        if size > MAX_BYTES:
            raise AttachmentError(OVERSIZE, size=_end(stream))
        hashed.update(chunk)
    stream.seek(0)
    return Content(stream, size, hashed.hexdigest())


def _end(stream: IO[bytes]) -> int:
    return stream.seek(0, SEEK_END)


def _decoded(rest: str) -> bytes:
    """The bytes of a ``data:`` URI after its scheme."""
    head, comma, body = rest.partition(",")
    if not comma:
        raise AttachmentError(UNREADABLE)
    try:
        plain = unquote_to_bytes(body)
        return base64.b64decode(plain, validate=False) if head.lower().endswith(";base64") else plain
    except ValueError:
        raise AttachmentError(UNREADABLE) from None
