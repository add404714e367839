"""docs/mapping.md is one mapping, and every example in it is what comes out."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.ports import TransformError
from processors.transform import MappingTransform
from schemas.mapping import SystemMapping, parse_mapping
from schemas.mapping.check import part_columns
from schemas.mapping.comparison import compare
from schemas.records import Link, Operation, Part, RecordChange
from tests.tiny import NOW, UNIT, VERSION
from tests.unit.mapping.test_transform import CODEC, VALUES

PAGE = (Path(__file__).parents[3] / "docs" / "mapping.md").read_text("utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


FILE = "".join(blocks("yaml"))
EXAMPLES = [json.loads(block) for block in blocks("json")]


def page_mapping(chosen: str = "records") -> SystemMapping:
    return parse_mapping(FILE.replace("chosen: records", f"chosen: {chosen}"), "mapping.md")


TRANSFORM = MappingTransform(page_mapping(), workspace_url="https://crm.test")


def token(link: Link | None) -> str:
    """Of an alias without its digest."""
    assert link is not None
    return link.token.removesuffix("\0") if "\0" in link.token else link.token.rpartition("/")[0]


def holds(found: Any, said: Any) -> bool:
    """Whether everything that the page says is so; what it leaves out may be anything."""
    if isinstance(said, dict):
        return isinstance(found, dict) and all(name in found and holds(found[name], one) for name, one in said.items())
    return bool(found == said)


def check_part(part: Part, said: dict[str, Any]) -> None:
    assert part.target == said["target"]
    merger = part.merger and [part.merger.loser.removesuffix("\0"), part.merger.survivor.removesuffix("\0")]
    assert merger == said.get("merger")
    assert holds(dict(part.fields), said.get("fields", {})), part.fields
    if said.get("fields") == {}:
        assert part.fields == {}
    assert {link.field: token(link) for link in part.links if link.field in said.get("links", {})} == said.get(
        "links", {}
    )
    if "anchor" in said:
        assert token(part.anchor) == said["anchor"]
    assert [f"{flag.field}: {flag.reason}" for flag in part.flags] == said.get("flags", [])


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one["object"])
def test_each_example_is_what_comes_out(example: dict[str, Any]) -> None:
    change = RecordChange("sunrise", example["object"], "1", Operation.UPSERT, example["row"], NOW)
    write = MappingTransform(page_mapping(), workspace_url="https://crm.test")(change, VERSION, UNIT).write
    assert write is not None
    assert write.skip == example.get("skip", "")
    if "parts" in example:
        made = {part.name: part for part in write.parts}
        assert set(made) == set(example["parts"])
        for name, said in example["parts"].items():
            check_part(made[name], said)


@pytest.mark.parametrize("name", sorted(page_mapping().all_parts()))
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_any_row_of_it_is_a_write_or_a_refusal(name: str, data: st.DataObject) -> None:
    """Every construct on anything that a source could hold."""
    of = page_mapping()
    columns = sorted(set().union(*(part_columns(part) for part in of.parts_of(name))))
    row = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(columns, VALUES)))
    change = RecordChange("sunrise", name, "1", Operation.UPSERT, row, NOW)
    try:
        made = TRANSFORM(change, VERSION, UNIT)
    except TransformError:
        return
    assert made.write is not None
    assert CODEC.decode(CODEC.encode(made.write)) == made.write
    names = [part.name for part in made.write.parts]
    assert len(set(names)) == len(names)
    assert made.write.parts or made.write.skip


def test_the_page_has_an_example_of_every_object() -> None:
    assert {example["object"] for example in EXAMPLES} >= set(page_mapping().objects) - {"practice"}


def test_the_other_mode_is_a_mapping_too() -> None:
    text = page_mapping("text")
    assert not text.derived and "payerName" in text.objects["patient"].parts[0].fields
    assert "modes" in {one.what for one in compare(page_mapping(), text).differences}
