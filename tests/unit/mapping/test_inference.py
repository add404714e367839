"""What type a custom property has, from what a clinic has typed into it."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from schemas.mapping.inference import as_yaml, properties
from schemas.mapping.standard import STANDARD
from schemas.records import Value
from tests.tiny import mapping, parts


@pytest.mark.parametrize(
    ("values", "type_", "doubts"),
    [
        (["phone", "email", "phone", "Email", "phone", "email "], "TEXT", 0),
        (["phone", "email"] * 3, "SELECT", 0),
        (["phone", "email", "letter"], "TEXT", 0),
        (["2024-01-02", "2023-12-31"], "DATE", 0),
        (["01/31/2024", "02/01/2024"], "DATE", 0),
        (["01/02/2024", "03/04/2024"], "DATE", 1),
        (["2024-01-02", "soon"], "TEXT", 0),
        (["a, b", "c"] * 9, "TEXT", 0),
        (["", " "], "TEXT", 1),
        ([str(number) for number in range(30)] * 5, "TEXT", 0),
    ],
)
def test_types(values: list[str], type_: str, doubts: int) -> None:
    (found,) = properties([("Some property", value) for value in values])
    assert (found.type, len(found.doubts)) == (type_, doubts)


def test_a_name_that_twenty_has_or_reserves_gets_another() -> None:
    rows = [(name, "x") for name in ("City", "city ", "Plan", "created/by", "2nd phone", "!!")]
    fields = {one.name: one.field for one in properties(rows, STANDARD["person"])}
    assert fields == {
        "City": "city2",
        "city": "city3",
        "Plan": "plan2",
        "created/by": "createdBy2",
        "2nd phone": "property2NdPhone",
        "!!": "property",
    }


@given(st.lists(st.tuples(st.text(max_size=12), st.text(max_size=6)), max_size=12))
def test_what_is_inferred_is_a_mapping_that_takes_the_rows(rows: list[tuple[str, str]]) -> None:
    found = YAML(typ="safe").load(as_yaml(properties(rows, STANDARD["person"])))
    if not found["fields"]:
        return
    anchor = {"to": "patient", "by": "patient_id", "required": True}
    objects = {
        "patient": {
            "source": {"relation": "patients", "key": ["id"]},
            "parts": [{"target": "person", "fields": {"jobTitle": "job"}}],
        },
        "property": {
            "source": {"relation": "properties", "key": ["patient_id", "name"]},
            "parts": [{"target": "person", "anchor": anchor, "pick": {"by": "name", "fields": found["pick"]}}],
        },
    }
    text = io.StringIO()
    YAML().dump({"twenty": {"person": {"fields": found["fields"]}}, "objects": objects}, text)
    of = mapping(text.getvalue())
    for name, value in rows:
        if name.split():
            row: dict[str, Value] = {"patient_id": "1", "name": name, "value": value}
            assert len(parts(of, row, "property")[""].fields) == 1
