"""Files: measured, hashed, and refused with a reason that names nobody."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tenacity import wait_none

from schemas.blobs import MAX_BYTES, path_of
from schemas.records import Attachment
from sinks.attachments import (
    DAMAGED,
    MISSING,
    OUTSIDE,
    OVERSIZE,
    TOO_SLOW,
    UNKNOWN_LOCATOR,
    UNREADABLE,
    AttachmentError,
    Attachments,
)


class Unread(httpx.SyncByteStream):
    def __iter__(self) -> Iterator[bytes]:
        pytest.fail("a file that is said to be too large is not read")


def answer(request: httpx.Request) -> httpx.Response:
    match request.url.path:
        case "/there":
            return httpx.Response(200, content=b"bytes")
        case "/huge":
            return httpx.Response(200, content=b"x" * (MAX_BYTES + 1))
        case "/told":
            return httpx.Response(200, headers={"Content-Length": str(MAX_BYTES + 1)}, content=Unread())
        case "/untold":
            return httpx.Response(200, content=iter([b"x" * 2**20] * 26))
        case "/down":
            return httpx.Response(503)
        case "/cut":
            raise httpx.ReadError("cut off")
    return httpx.Response(404)


HELLO = hashlib.sha256(b"hello").hexdigest()


@pytest.fixture
def attachments(tmp_path: Path) -> Attachments:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "a.txt").write_bytes(b"hello")
    (tmp_path / "secret.txt").write_bytes(b"secret")
    for digest in (HELLO, "0" * 64):
        stored = tmp_path / "documents" / path_of(digest)
        stored.parent.mkdir(parents=True)
        stored.write_bytes(b"hello")
    return Attachments(tmp_path / "documents", httpx.Client(transport=httpx.MockTransport(answer)), wait=wait_none())


@pytest.mark.parametrize(
    ("locator", "content"),
    [
        ("file:a.txt", b"hello"),
        (f"blob:{HELLO}", b"hello"),
        ("http://files.test/there", b"bytes"),
        ("data:image/png;base64,aGVsbG8=", b"hello"),
        ("data:text/plain,hello%21", b"hello!"),
    ],
)
def test_content_is_streamed_measured_and_hashed(attachments: Attachments, locator: str, content: bytes) -> None:
    with attachments.open(Attachment(locator, "a")) as opened:
        assert (opened.size, opened.sha256) == (len(content), hashlib.sha256(content).hexdigest())
        assert opened.stream.read() == content


@pytest.mark.parametrize(
    ("attachment", "reason", "passing"),
    [
        (Attachment("file:Jane Doe.txt", "a"), MISSING, False),
        (Attachment("file:../secret.txt", "a"), OUTSIDE, False),
        (Attachment("file:a.txt", "a", size=MAX_BYTES + 1), OVERSIZE, False),
        (Attachment("ftp://files.test/a", "a"), UNKNOWN_LOCATOR, False),
        (Attachment(f"blob:{'1' * 64}", "a"), MISSING, False),
        (Attachment(f"blob:{'0' * 64}", "a"), DAMAGED, False),
        (Attachment("blob:", "a", size=MAX_BYTES + 1), OVERSIZE, False),
        (Attachment("data:image/png;base64", "a"), UNREADABLE, False),
        (Attachment("http://files.test/told", "a"), OVERSIZE, False),
        (Attachment("http://files.test/untold", "a"), OVERSIZE, False),
        (Attachment("http://files.test/nowhere", "a"), MISSING, False),
        (Attachment("http://files.test/huge", "a"), OVERSIZE, False),
        (Attachment("http://files.test/down", "a"), "the file could not be fetched", True),
        (Attachment("http://files.test/cut", "a"), "the file could not be fetched", True),
    ],
)
def test_what_cannot_be_opened_has_a_reason(
    attachments: Attachments, attachment: Attachment, reason: str, passing: bool
) -> None:
    with pytest.raises(AttachmentError) as caught, attachments.open(attachment):
        pass
    assert (caught.value.reason, caught.value.passing) == (reason, passing)


def test_a_file_that_is_larger_than_the_source_says_is_caught(tmp_path: Path) -> None:
    with (tmp_path / "huge").open("wb") as huge:
        huge.truncate(MAX_BYTES + 1)
    opener = Attachments(tmp_path, httpx.Client(transport=httpx.MockTransport(answer)))
    with pytest.raises(AttachmentError, match=OVERSIZE), opener.open(Attachment("file:huge", "a", size=10)):
        pass


def test_without_a_documents_directory_the_reason_says_so() -> None:
    opener = Attachments(None, httpx.Client(transport=httpx.MockTransport(answer)))
    with pytest.raises(AttachmentError, match="no documents directory"), opener.open(Attachment("file:a", "a")):
        pass


def test_a_download_that_fails_is_tried_again_from_its_begin() -> None:
    asked: list[str] = []

    def flaky(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        if len(asked) == 1:
            return httpx.Response(200, content=Cut())
        return httpx.Response(200, content=b"whole") if len(asked) == 3 else httpx.Response(429)

    opener = Attachments(None, httpx.Client(transport=httpx.MockTransport(flaky)), wait=wait_none())
    with opener.open(Attachment("https://files.test/a", "a")) as content:
        assert (content.stream.read(), content.size, len(asked)) == (b"whole", 5, 3)


class Cut(httpx.SyncByteStream):
    def __iter__(self) -> Iterator[bytes]:
        yield b"half of a much longer file"
        raise httpx.ReadError("cut off")


def test_a_download_that_takes_too_long_is_put_off() -> None:
    seconds = iter(range(0, 10_000, 45))
    opener = Attachments(
        None,
        httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, content=iter([b"x", b"y", b"z"])))),
        wait=wait_none(),
        clock=lambda: float(next(seconds)),
    )
    with pytest.raises(AttachmentError, match=TOO_SLOW) as caught, opener.open(Attachment("http://files.test/a", "a")):
        pass
    assert caught.value.passing


def test_how_large_a_file_is_that_was_left_out(attachments: Attachments, tmp_path: Path) -> None:
    with (tmp_path / "documents" / "huge").open("wb") as huge:
        huge.truncate(MAX_BYTES + 7)
    with pytest.raises(AttachmentError) as caught, attachments.open(Attachment("file:huge", "a")):
        pass
    assert caught.value.size == MAX_BYTES + 7
