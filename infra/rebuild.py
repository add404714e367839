"""The rebuild package: automations do not migrate, their definitions do, as JSON to rebuild them from."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
from psycopg.rows import dict_row

from schemas.mapping import Mapping


def write_package(mapping: Mapping, source_url: str, directory: Path) -> dict[str, int]:
    """Writes ``<export>.json`` for each export of the mapping and ``inventory.json``; returns definitions by export.

    Reads in one read-only snapshot, so the definitions belong together.
    """
    directory.mkdir(parents=True, exist_ok=True)
    inventory: dict[str, int] = {}
    with psycopg.connect(source_url, row_factory=dict_row, options="-c default_transaction_read_only=on") as source:
        source.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        for export in mapping.exports:
            rows = source.execute(export.query).fetchall()
            _write(directory / f"{export.name}.json", rows)
            inventory[export.name] = len(rows)
    _write(
        directory / "inventory.json",
        {"system": mapping.system, "mapping_revision": mapping.revision, "definitions": inventory},
    )
    return inventory


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False, default=str) + "\n")
