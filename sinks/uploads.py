"""Files into Twenty: the same bytes once, also where a process ended between the upload and the file's record."""

from __future__ import annotations

from functools import partial

from schemas.records import Attachment, Flag, Identity, Outcome, Part
from sinks.attachments import AttachmentError, Attachments
from sinks.gateway import Gateway
from sinks.pending import Upload
from sinks.steps import Do, Settled
from sinks.twenty.client import TwentyClient

ATTEMPTS = 10
"""Rounds in which a file may fail for reasons that pass, a longer rest after each, before its record goes without."""


class Uploads:
    def __init__(self, client: TwentyClient, gateway: Gateway, attachments: Attachments) -> None:
        self._client = client
        self._gateway = gateway
        self._attachments = attachments

    def store(self, attachment: Attachment, identity: Identity | None) -> Upload:
        """Opens the file, and uploads it unless ``identity`` says that these bytes are there.

        Raises AttachmentError where it cannot be opened, and TwentyError.
        """
        with self._attachments.open(attachment) as content:
            if identity is not None and identity.content_hash.partition("+")[2] == content.sha256:
                return Upload(content.sha256, identity.uploaded or None)
            call = partial(self._client.upload, attachment.name, content.stream, content.size, attachment.content_type)
            return Upload(content.sha256, self._gateway.write(Do.UPLOAD, 1, call))


def left_out(part: Part, attachment: Attachment, error: AttachmentError) -> Settled:
    """The end of a file that cannot be uploaded: the record that it belongs to arrives without it, flagged."""
    flag = Flag("attachment", error.reason, attachment.name)
    size = attachment.size if error.size is None else error.size
    locator = "" if attachment.locator.startswith("data:") else attachment.locator
    told = {**part.fields, "name": attachment.name, "size": size, "locator": locator}
    return Settled(part.name, Outcome.SKIPPED, error.reason, flags=(flag,), target=part.target, after=told)
