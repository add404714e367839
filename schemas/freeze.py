"""``python -m schemas.freeze``: keeps each changed schema as a new version under ``schemas/avro/history``.

Run it after a change to an ``.avsc`` file. What a released version wrote must stay readable for as long as a topic is
kept, so versions are only ever added.
"""

from __future__ import annotations

import json
import sys

import fastavro

from schemas.codec import HISTORY, RECORDS, Schema, fingerprint, load


def plain(schema: Schema) -> Schema:
    """The schema as it is published: every named type inside, without the parser's own marks."""
    return {name: value for name, value in schema.items() if not name.startswith("__")}


def versions(name: str) -> list[Schema]:
    """All kept versions of a record, oldest first."""
    paths = sorted(HISTORY.glob(f"{name}.*.avsc"), key=lambda path: int(path.name.split(".")[1]))
    return [json.loads(path.read_text()) for path in paths]


def freeze(name: str) -> bool:
    """Keeps the current schema unless the newest kept version says the same; True when a version was added."""
    current, kept = load(name), versions(name)
    if kept and fingerprint(parsed(kept[-1])) == fingerprint(current):
        return False
    HISTORY.mkdir(exist_ok=True)
    path = HISTORY / f"{name}.{len(kept) + 1}.avsc"
    path.write_text(json.dumps(plain(current), indent=1) + "\n")
    return True


def parsed(schema: Schema) -> Schema:
    result = fastavro.schema.parse_schema(schema)
    if not isinstance(result, dict):
        raise TypeError("a record schema parses to a mapping")
    return result


if __name__ == "__main__":
    for record in RECORDS:
        if freeze(record):
            sys.stdout.write(f"{record}: kept as version {len(versions(record))}\n")
