"""The JSON Schema for editors says what the loader says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from schemas.mapping import built_in
from schemas.mapping.document import BUILT_IN
from schemas.mapping.editor import PATH, editor_schema, published
from tests.tiny import HEAD

VALIDATOR = Draft202012Validator(editor_schema())


def tree(text: str) -> Any:
    return YAML(typ="safe").load(text)


def test_what_is_published_is_of_today() -> None:
    assert PATH.read_text("utf-8") == published(), "run python -m schemas.mapping.editor"
    Draft202012Validator.check_schema(json.loads(published()))


@pytest.mark.parametrize("name", built_in())
def test_the_mappings_that_come_with_dualrun_find_it_and_hold_to_it(name: str) -> None:
    text = (BUILT_IN / f"{name}.yaml").read_text()
    first = text.partition("\n")[0]
    assert first == "# yaml-language-server: $schema=../mapping/mapping.schema.json"
    assert (BUILT_IN / first.partition("=")[2]).resolve() == PATH
    assert [error.message for error in VALIDATOR.iter_errors(tree(text))] == []


@pytest.mark.parametrize(
    ("field", "right"),
    [
        ("city", True),
        ("{from: city}", True),
        ("{form: city}", False),
        ("{from: city, as: country}", True),
        ("{from: city, as: contry}", False),
        ("{from: city, when: {kind: present}}", True),
        ("{from: city, when: {kind: persent}}", False),
        ("{from: city, when: {size: {above: 3}}}", True),
        ("{of: {firstName: first}}", True),
        ("[city]", False),
        ("3", False),
    ],
)
def test_short_forms_pass_and_mistakes_do_not(field: str, right: bool) -> None:
    text = f"{HEAD}twenty: {{}}\nobjects:\n  a:\n    source: {{relation: a, key: [id]}}\n    parts:\n"
    text += f"      - {{target: person, fields: {{city: {field}}}, links: {{company: {{to: a, by: id}}}}}}\n"
    assert VALIDATOR.is_valid(tree(text)) is right


def test_every_key_has_a_word_of_explanation_where_it_needs_one() -> None:
    rule = editor_schema()["$defs"]["Rule"]["properties"]
    assert "strptime" in rule["formats"]["description"] and "flagged" in rule["expected"]["description"]
