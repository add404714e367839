"""Files: measured, hashed, and refused with a reason that names nobody."""

from __future__ import annotations

import hashlib
from pathlib import Path

import httpx
import pytest

from schemas.records import Attachment
from sinks.attachments import MAX_BYTES, MISSING, OUTSIDE, OVERSIZE, UNKNOWN_LOCATOR, AttachmentError, Attachments


def answer(request: httpx.Request) -> httpx.Response:
    match request.url.path:
        case "/there":
            return httpx.Response(200, content=b"bytes")
        case "/huge":
            return httpx.Response(200, content=b"x" * (MAX_BYTES + 1))
        case "/down":
            return httpx.Response(503)
        case "/cut":
            raise httpx.ReadError("cut off")
    return httpx.Response(404)


@pytest.fixture
def attachments(tmp_path: Path) -> Attachments:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "a.txt").write_bytes(b"hello")
    (tmp_path / "secret.txt").write_bytes(b"secret")
    return Attachments(tmp_path / "documents", httpx.Client(transport=httpx.MockTransport(answer)))


@pytest.mark.parametrize(("locator", "content"), [("file:a.txt", b"hello"), ("http://files.test/there", b"bytes")])
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
        (Attachment("blob:document/1/data", "a"), UNKNOWN_LOCATOR, False),
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
