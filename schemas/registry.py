"""Schema ids from a Confluent-compatible schema registry."""

from __future__ import annotations

import json
from typing import Any

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from schemas.codec import CodecError


class SchemaRegistry:
    """Registers schemas under ``<topic>-<record>`` (topic-record subjects) and reads them by id; the client caches.

    A registry that finds a schema incompatible refuses it (409): that is raised as CodecError before any message of
    the new kind is published.
    """

    def __init__(self, url: str) -> None:
        self._client = SchemaRegistryClient({"url": url})

    def identify(self, subject: str, schema: dict[str, Any]) -> int:
        plain = {name: value for name, value in schema.items() if not name.startswith("__")}
        try:
            return int(self._client.register_schema(subject, Schema(json.dumps(plain), "AVRO")))
        except SchemaRegistryError as error:
            raise CodecError(
                f"the schema registry refused {subject} ({error.http_status_code}): compare schemas/avro with the"
                " versions registered there"
            ) from error

    def schema(self, schema_id: int) -> dict[str, Any]:
        text = self._client.get_schema(schema_id).schema_str
        if not text:
            raise CodecError(f"the schema registry has no schema {schema_id}")
        parsed: dict[str, Any] = json.loads(text)
        return parsed

    def close(self) -> None:
        self._client.__exit__()  # type: ignore[no-untyped-call]
