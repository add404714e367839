"""A hold process with a trivial transform: ``python -m tests.chaos.hold_worker BOOTSTRAP PREFIX INSTANCE DIR PARK``."""

import logging
import sys
from pathlib import Path
from typing import cast

from processors.ports import Transformed, TransformError
from processors.service import HoldSettings, run
from schemas.broker import KafkaSettings
from schemas.codec import Codec
from schemas.control import require_epochs
from schemas.keys import alias_key, derived_key, part_key, record_key
from schemas.records import Json, Link, Operation, Part, RecordChange, Unit, Value, Version, Write, WriteKind
from schemas.topics import Topics

SYSTEM = "w"
OBJECTS = ("parent", "child")
PARTITIONS = 4


def world_topics(prefix: str) -> Topics:
    return Topics(prefix, SYSTEM, OBJECTS, PARTITIONS)


class TrivialTransform:
    """``requires`` and ``soft`` name record keys, ``alias`` and ``maybe`` an alias that is required, or is not.

    ``says`` is what the row says of its insurer.

    An insurer whose name ends in + refers to parent 0 itself.
    """

    revision = 1

    def __call__(self, change: RecordChange, version: Version, unit: Unit) -> Transformed:
        record = change.record
        if change.operation is Operation.DELETE:
            return Transformed(Write(change.key, WriteKind.DELETE, version, unit))
        if change.operation is Operation.VANISHED:
            return Transformed(None, skipped="vanished")
        if record.get("poison"):
            raise TransformError("poison")
        links = [Link(f"r{n}", part_key(key, ""), True) for n, key in enumerate(_list(record.get("requires")))]
        links += [Link(f"s{n}", part_key(key, ""), False) for n, key in enumerate(_list(record.get("soft")))]
        derived: tuple[RecordChange, ...] = ()
        if record.get("alias"):
            links.append(Link("alias", alias_key(SYSTEM, "name", str(record["alias"])), True))
        if record.get("maybe"):
            links.append(Link("maybe", alias_key(SYSTEM, "name", str(record["maybe"])), False))
        if record.get("insurer"):
            name = str(record["insurer"])
            links.append(Link("insurer", part_key(derived_key(SYSTEM, "insurer", name), ""), True))
            derived = (_insurer(change, name, version),)
        part = Part(
            "",
            change.object,
            fields={"n": record.get("n"), "says": record.get("says")},
            links=tuple(links),
            aliases=tuple(alias_key(SYSTEM, "name", name) for name in _list(record.get("aliases"))),
            content_hash=change.content_hash,
        )
        write = Write(change.key, WriteKind.WRITE, version, unit, (part,), change.source_changed_at, change.captured_at)
        return Transformed(write, derived)


def _insurer(change: RecordChange, name: str, version: Version) -> RecordChange:
    says = change.record.get("says")
    needs = [record_key(SYSTEM, "parent", "0")] if name.endswith("+") else []
    return RecordChange(
        change.system,
        "~insurer",
        name,
        change.operation,
        {"says": says, "requires": Json(needs)},
        change.captured_at,
        change.source_changed_at,
        change.run,
        content_hash=str(says),
        origin_key=change.key,
        origin_version=version,
    )


def _list(value: Value) -> list[str]:
    return cast(list[str], value.value) if isinstance(value, Json) else []


def main(bootstrap: str, prefix: str, instance: str, directory: str, park_after: str) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    kafka, topics = KafkaSettings(bootstrap), world_topics(prefix)
    run(
        HoldSettings(
            kafka,
            topics,
            require_epochs(kafka, topics, Codec()),
            TrivialTransform(),
            instance,
            Path(directory),
            grace_seconds=0.5,
            park_after_seconds=float(park_after),
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
