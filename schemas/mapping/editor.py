"""``python -m schemas.mapping.editor``: writes the JSON Schema by which editors complete and check mapping files.

An editor finds it by the first line of a file: ``# yaml-language-server: $schema=…/mapping.schema.json``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from schemas.mapping.language import SystemMapping

PATH = Path(__file__).with_name("mapping.schema.json")
_SHORT = ("Rule", "OptionDefinition")
"""What may be a bare string: a column, a label."""


def editor_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a mapping file."""
    schema: dict[str, Any] = _with_short_forms(SystemMapping.model_json_schema())
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "A mapping of Dualrun",
    }


def _with_short_forms(node: Any) -> Any:
    if isinstance(node, list):
        return [_with_short_forms(one) for one in node]
    if not isinstance(node, dict):
        return node
    if node.get("$ref") in [f"#/$defs/{name}" for name in _SHORT]:
        return {**{key: value for key, value in node.items() if key != "$ref"},
                "anyOf": [{"type": "string"}, {"$ref": node["$ref"]}]}  # fmt: skip
    return {key: _with_short_forms(value) for key, value in node.items()}


def published() -> str:
    """The text of ``mapping.schema.json``."""
    return json.dumps(editor_schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(published(), "utf-8")
