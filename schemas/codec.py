"""Records to Avro bytes and back.

Without a schema registry a message is Avro single-object encoding: the marker ``C3 01``, the CRC-64-AVRO fingerprint
of the writer's schema (little endian) and the body; the schemas in this repository, earlier versions included, are
enough to read it. With a registry it is the Confluent wire format: ``00``, the schema id (big endian), the body.
Either way the reader learns which record it holds from the message itself.
"""

from __future__ import annotations

import io
import json
import struct
from pathlib import Path
from typing import Any, Protocol, cast

import fastavro

from schemas.change_writer import ChangeWriter
from schemas.columns import UnknownValueError
from schemas.conversion import FROM_AVRO, TO_AVRO, Record
from schemas.records import Changes, RecordChange

DIRECTORY = Path(__file__).parent / "avro"
HISTORY = DIRECTORY / "history"
"""Earlier versions, ``<record>.<n>.avsc`` with every named type inside: what they wrote is still read."""

Schema = dict[str, Any]

_MARKER = b"\xc3\x01"
_FINGERPRINT = struct.Struct("<2sQ")
_WIRE = struct.Struct(">bI")


class CodecError(ValueError):
    """The bytes are no record of ours. The text names what was found, never the content."""


class Registry(Protocol):
    """Schema ids of the Confluent wire format."""

    def identify(self, subject: str, schema: Schema) -> int: ...

    def schema(self, schema_id: int) -> Schema: ...


RECORDS = tuple(FROM_AVRO)


def load(name: str) -> Schema:
    """The current schema of a record, parsed, every named type inside."""
    return cast(Schema, fastavro.schema.load_schema(str(DIRECTORY / f"dualrun.{name}.avsc")))


def fingerprint(schema: Schema) -> int:
    canonical = fastavro.schema.to_parsing_canonical_form(schema)
    # fastavro prints the little-endian bytes of the Rabin fingerprint, which is what the encoding stores
    return int.from_bytes(bytes.fromhex(fastavro.schema.fingerprint(canonical, "CRC-64-AVRO")), "little")


class Codec:
    """Encodes and decodes every record. Safe to share between threads once built."""

    def __init__(self, registry: Registry | None = None) -> None:
        self._registry = registry
        self._schemas = {name: load(name) for name in RECORDS}
        self._headers = {
            name: _FINGERPRINT.pack(_MARKER, fingerprint(schema)) for name, schema in self._schemas.items()
        }
        self._writers: dict[int, tuple[str, Schema]] = {
            fingerprint(schema): (name, schema) for name, schema in self._schemas.items()
        }
        for path in sorted(HISTORY.glob("*.avsc")):
            schema = cast(Schema, fastavro.schema.parse_schema(json.loads(path.read_text())))
            self._writers.setdefault(fingerprint(schema), (path.name.split(".")[0], schema))
        self._changes = ChangeWriter(self._schemas["RecordChange"])
        change = self._schemas["RecordChange"]
        self._outline = {**change, "fields": [field for field in change["fields"] if field["name"] != "record"]}
        self._registered: dict[int, tuple[str, Schema]] = {}
        self._ids: dict[tuple[str, str], int] = {}

    def encode(self, record: Record, topic: str = "") -> bytes:
        """Bytes of a record. ``topic`` names the subject when a registry is configured."""
        name = type(record).__name__
        header = self._header(name, topic)
        if isinstance(record, RecordChange):
            return header + self._changes.write(record)
        out = io.BytesIO(header)
        out.seek(len(header))
        fastavro.schemaless_writer(out, self._schemas[name], TO_AVRO[type(record)](record))
        return out.getvalue()

    def encode_all(self, changes: Changes, topic: str = "") -> list[bytes]:
        """Bytes of each change, in a fraction of the time that one after the other takes."""
        return self._changes.write_all(changes, self._header("RecordChange", topic))

    def _header(self, name: str, topic: str) -> bytes:
        if self._registry is None:
            return self._headers[name]
        subject = (topic, name)
        if subject not in self._ids:
            self._ids[subject] = self._registry.identify(f"{topic}-dualrun.{name}", self._schemas[name])
        return _WIRE.pack(0, self._ids[subject])

    def decode(self, data: bytes) -> Record:
        """The record in ``data``. Raises CodecError where the bytes are no record of this or an earlier release."""
        body = io.BytesIO(data)
        name, writer = self._writer(body)
        return self._read(body, name, writer, self._schemas[name])

    def outline(self, data: bytes) -> RecordChange | None:
        """A change without its columns, in two thirds of the time; None for any other record. Raises CodecError."""
        body = io.BytesIO(data)
        name, writer = self._writer(body)
        found = self._read(body, name, writer, self._outline) if name == "RecordChange" else None
        return found if isinstance(found, RecordChange) else None

    def _read(self, body: io.BytesIO, name: str, writer: Schema, reader: Schema) -> Record:
        try:
            value = fastavro.schemaless_reader(body, writer, reader, return_record_name=name == "RecordChange")
            return FROM_AVRO[name](cast(Schema, value))
        except UnknownValueError as error:
            raise CodecError(str(error)) from None
        except Exception:
            # whatever the reader trips over; from None, because its message can quote the content
            raise CodecError(f"{len(body.getbuffer())} bytes that do not read as {name}") from None

    def _writer(self, body: io.BytesIO) -> tuple[str, Schema]:
        head = body.read(1)
        if head == b"\xc3":
            header = head + body.read(_FINGERPRINT.size - 1)
            if len(header) == _FINGERPRINT.size:
                marker, print_ = _FINGERPRINT.unpack(header)
                if marker == _MARKER and print_ in self._writers:
                    return self._writers[print_]
                raise CodecError(f"a schema fingerprint {print_:016x} that this release does not know")
        elif head == b"\0" and self._registry is not None:
            header = head + body.read(_WIRE.size - 1)
            if len(header) == _WIRE.size:
                return self._from_registry(_WIRE.unpack(header)[1], self._registry)
        raise CodecError("neither Avro single-object encoding nor, with a registry set, the Confluent wire format")

    def _from_registry(self, schema_id: int, registry: Registry) -> tuple[str, Schema]:
        if schema_id not in self._registered:
            schema = cast(Schema, fastavro.schema.parse_schema(registry.schema(schema_id)))
            name = str(schema["name"]).rpartition(".")[2]
            if name not in FROM_AVRO:
                raise CodecError(f"schema {schema_id} of the registry is {name}, which is no record of ours")
            self._registered[schema_id] = (name, schema)
        return self._registered[schema_id]
