"""Records survive their bytes, whatever a source column holds; earlier releases' bytes stay readable."""

from __future__ import annotations

import io
import struct
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import RECORDS, Codec, CodecError, fingerprint, load
from schemas.conversion import Record
from schemas.freeze import parsed, plain, versions
from schemas.records import (
    Alias,
    Attachment,
    AuditEvent,
    Checkpoint,
    Control,
    Flag,
    Identity,
    IdentityState,
    Json,
    Lift,
    Link,
    Match,
    Operation,
    Outcome,
    Part,
    PartMode,
    RecordChange,
    Unit,
    Verdict,
    Version,
    Write,
    WriteKind,
)
from schemas.testing import MemoryRegistry

NOW = datetime(2026, 3, 8, 2, 30, 0, 123456, tzinfo=UTC)
VERSION = Version(1, 2, 3, 4)
UNIT = Unit("dualrun.cdc.clinic.patient", 3, 42)
CODEC = Codec()

columns = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    st.binary(),
    st.decimals(allow_nan=False),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.just(UTC)),
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.text()),
        lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    ).map(Json),
)


@given(record=st.dictionaries(st.text(), columns))
def test_a_source_row_survives_with_its_types(record: dict[str, Any]) -> None:
    change = RecordChange("clinic", "patient", "1", Operation.UPSERT, record, NOW, NOW)
    decoded = CODEC.decode(CODEC.encode(change))
    assert decoded == change
    assert isinstance(decoded, RecordChange)
    assert CODEC.outline(CODEC.encode(change)) == replace(change, record={})
    assert {name: type(value) for name, value in decoded.record.items()} == {
        name: Decimal if type(value) is int and not -(1 << 63) <= value < 1 << 63 else type(value)
        for name, value in record.items()
    }


SAMPLES: list[Record] = [
    RecordChange(
        "c", "~carrier", "acme", Operation.SNAPSHOT, {"d": date(1900, 1, 1)}, NOW, None, 2, "h", "c/p/1", VERSION
    ),
    Write(
        "c/patient/1",
        WriteKind.WRITE,
        VERSION,
        UNIT,
        (
            Part(
                "target",
                "noteTarget",
                PartMode.FRAGMENT,
                {"emails": {"primaryEmail": "a@b.test", "additionalEmails": []}, "n": 1.5},
                {"noteId": ""},
                (Link("personId", "c/patient/2\0", True, None), Link("x", "c/@a/1", False, "uuid", 7)),
                Link("id", "c/patient/2\0", True),
                (Match("emails.primaryEmail", "a@b.test", {"name.lastName": "X"}),),
                ("c/@contact/1",),
                (Flag("phones", "not a phone number", "abc"),),
                Attachment("file:a/b.pdf", "b.pdf", 10),
                "hash",
            ),
        ),
        NOW,
        NOW,
        True,
    ),
    Lift("c/patient/1"),
    Verdict("c/patient/1", UNIT, VERSION, Outcome.SUPERSEDED, "newer", (Flag("f", "r", "raw"),), NOW),
    Identity(
        "c/patient/1",
        "",
        "person",
        "uuid",
        VERSION,
        IdentityState.DELETED,
        PartMode.OWN,
        "h",
        {"companyId": "uuid2"},
        {"companyId": 7},
        ("a",),
        ("emails:1",),
        ("c/@contact/1",),
        NOW,
        Outcome.ADOPTED,
    ),
    Alias("c/@contact/1", "c/patient/1", "", "uuid", VERSION, False),
    AuditEvent(
        UNIT, "k", None, ("", "target"), VERSION, Outcome.CREATED, NOW, before={"a": 1}, after=None, previous="p"
    ),
    Checkpoint("c", "patient", 1, {"snapshot": "done", "key": ["1"]}, NOW),
    Control("epoch", "topic", {"topic_id": "x", "epoch": 2}, NOW),
]


@pytest.mark.parametrize("record", SAMPLES, ids=lambda record: type(record).__name__)
def test_every_record_survives(record: Any) -> None:
    assert CODEC.decode(CODEC.encode(record)) == record


@pytest.mark.parametrize("record", SAMPLES, ids=lambda record: type(record).__name__)
def test_only_a_change_has_an_outline(record: Any) -> None:
    expected = replace(record, record={}) if isinstance(record, RecordChange) else None
    assert CODEC.outline(CODEC.encode(record)) == expected


def test_the_samples_are_complete() -> None:
    assert {type(sample).__name__ for sample in SAMPLES} == set(RECORDS)


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"\xc3", b"\xc3\x01", b"\xc3\x01" + b"\0" * 8, b"\0\0\0\0\1rest", CODEC.encode(SAMPLES[0])[:-3]],
    ids=["empty", "json", "half a marker", "half a header", "unknown schema", "wire format, no registry", "cut off"],
)
def test_foreign_bytes_are_refused_without_quoting_them(data: bytes) -> None:
    for read in (CODEC.decode, CODEC.outline):
        with pytest.raises(CodecError) as refusal:
            read(data)
        assert "acme" not in str(refusal.value)


def test_with_a_registry_the_wire_format_carries_the_schema_id() -> None:
    registry = MemoryRegistry()
    writer, reader = Codec(registry), Codec(registry)
    data = writer.encode(Lift("k"), "writes.live")
    assert struct.unpack(">bI", data[:5]) == (0, 1)

    assert reader.decode(data) == Lift("k")
    assert reader.decode(CODEC.encode(Lift("k"))) == Lift("k"), "what was written before the registry stays readable"


@pytest.mark.parametrize("name", RECORDS)
def test_every_field_has_a_default(name: str) -> None:
    def check(schema: Any) -> None:
        if isinstance(schema, dict):
            if schema.get("type") == "record":
                for field in schema["fields"]:
                    assert "default" in field, f"{schema['name']}.{field['name']}"
                    check(field["type"])
            else:
                check(schema.get("items") or schema.get("values"))
        elif isinstance(schema, list):
            for branch in schema:
                check(branch)

    check(plain(load(name)))


@pytest.mark.parametrize("name", RECORDS)
def test_the_current_schema_is_kept_in_history(name: str) -> None:
    kept = versions(name)
    assert kept, f"{name}: run python -m schemas.freeze"
    assert fingerprint(parsed(kept[-1])) == fingerprint(load(name)), f"{name} changed: run python -m schemas.freeze"


@pytest.mark.parametrize("name", RECORDS)
def test_every_earlier_version_reads_with_the_current_schema(name: str) -> None:
    sample = next(record for record in SAMPLES if type(record).__name__ == name)
    current = load(name)
    for schema in versions(name):
        writer = parsed(schema)
        body = CODEC.encode(sample)[10:]
        held = fastavro.schemaless_reader(io.BytesIO(body), current, writer)
        out = io.BytesIO()
        fastavro.schemaless_writer(out, writer, held)
        data = struct.pack("<2sQ", b"\xc3\x01", fingerprint(writer)) + out.getvalue()
        assert type(CODEC.decode(data)) is type(sample)
        assert isinstance(CODEC.outline(data), RecordChange) == (name == "RecordChange")
