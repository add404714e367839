"""Mappings and settings small enough to stand beside what a test says of them."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from processors.ports import Transformed
from processors.transform import MappingTransform
from schemas.mapping import SystemMapping, parse_mapping
from schemas.records import Flag, Operation, Part, RecordChange, Unit, Value, Version

HEAD = """\
system: tiny
revision: 1
zone: America/New_York
region: US
currency: USD
source_key_field: sourceSystemId
"""
PERSON = "twenty: {person: {fields: {sourceSystemId: {type: TEXT, label: Source system ID}}}}\n"
"""What a mapping needs that writes nothing of its own but people."""
NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
VERSION, UNIT = Version(1, 1, 1, 1), Unit("cdc", 0, 1)


def settings_file(directory: Path, system: str | Path, **sections: Any) -> Path:
    """Settings of a mapping, by name or file, with these sections. Where none says so, nobody is Kafka or Twenty."""
    nowhere = {
        "kafka": {"bootstrap_servers": "127.0.0.1:1"},
        "twenty": {"url": "http://127.0.0.1:1", "api_key": "none"},
    }
    path = directory / "settings.yaml"
    path.write_text(json.dumps({"system": str(system), "data_dir": str(directory / "data"), **nowhere, **sections}))
    return path


def mapping(text: str) -> SystemMapping:
    """What follows the head of a mapping file."""
    return parse_mapping(HEAD + textwrap.dedent(text), "tiny.yaml")


def thing(fields: str, parts: str) -> SystemMapping:
    """A custom object ``thing`` with ``fields``, and a source object ``thing`` with ``parts``."""
    return mapping(
        "twenty:\n  thing:\n    custom: {plural: things, label: Thing, labels: Things}\n    fields:\n"
        + textwrap.indent(textwrap.dedent(fields), " " * 6)
        + "objects:\n  thing:\n    source: {relation: things, key: [id]}\n    parts:\n"
        + textwrap.indent(textwrap.dedent(parts), " " * 6)
    )


def transformed(of: SystemMapping, row: Mapping[str, Value], name: str = "thing", **more: Any) -> Transformed:
    change = RecordChange("tiny", name, more.pop("record_id", "1"), Operation.UPSERT, row, NOW, **more)
    return MappingTransform(of, workspace_url="https://crm.test")(change, VERSION, UNIT)


def parts(of: SystemMapping, row: Mapping[str, Value], name: str = "thing") -> dict[str, Part]:
    """The parts of a row by their names."""
    made = transformed(of, row, name)
    assert made.write is not None
    return {part.name: part for part in made.write.parts}


def one(of: SystemMapping, row: Mapping[str, Value]) -> tuple[Mapping[str, Any], list[Flag]]:
    """Fields and flags of the main part."""
    part = parts(of, row)[""]
    return part.fields, list(part.flags)
