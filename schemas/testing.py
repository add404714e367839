"""In-memory fakes of the ports in ``schemas``; they behave as the real thing does in the shared tests."""

from __future__ import annotations

from schemas.codec import CodecError, Schema
from schemas.freeze import plain


class MemoryRegistry:
    """A schema registry: one id for each distinct schema, refusing a subject's second schema that drops a field."""

    def __init__(self) -> None:
        self._schemas: list[Schema] = []
        self._subjects: dict[str, Schema] = {}

    def identify(self, subject: str, schema: Schema) -> int:
        published = plain(schema)
        earlier = self._subjects.setdefault(subject, published)
        if _types(earlier).items() - _types(published).items():
            raise CodecError(f"the schema registry refused {subject} (409): a field changed its type or went away")
        if published not in self._schemas:
            self._schemas.append(published)
        return self._schemas.index(published) + 1

    def schema(self, schema_id: int) -> Schema:
        return self._schemas[schema_id - 1]


def _types(schema: Schema) -> dict[str, str]:
    return {field["name"]: repr(field["type"]) for field in schema["fields"]}
