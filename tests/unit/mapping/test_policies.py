"""Who wins where somebody edits in Twenty, as a mapping says it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from schemas.edits import PartPolicy
from schemas.mapping import MappingError, edit_policies, parse_mapping

MAPPING = """\
system: clinic
revision: 1
zone: Europe/Zurich
region: CH
currency: CHF
source_key_field: sourceKey
twenty:
  person:
    fields: {sourceKey: {type: TEXT, label: Source key, unique: true}}
objects:
  insurer:
    source: {relation: insurer, key: [id]}
    parts:
      - target: company
        fields: {name: name}
  patient:
    edits: ask
    trashed: skip
    source: {relation: patient, key: [id]}
    parts:
      - target: person
        fields:
          jobTitle: {from: title, edits: twenty_wins}
          city: {from: city, edits: source_wins}
          avatarUrl: photo
        links:
          company: {to: insurer, by: insurer_id}
      - name: more
        target: person
        anchor: {to: patient, by: id}
        fields: {linkedinLink: page}
"""


def test_a_field_goes_by_its_own_policy_or_the_objects() -> None:
    fields = {"jobTitle": "twenty_wins", "avatarUrl": "ask", "company": "ask"}
    assert edit_policies(parse_mapping(MAPPING, "m.yaml")) == {
        "patient#": PartPolicy(fields, "skip"),  # type: ignore[arg-type]
        "patient#more": PartPolicy({"linkedinLink": "ask"}),
    }


@pytest.mark.parametrize(
    ("line", "wrong", "expected"),
    [
        ("    edits: ask", "    edits: maybe", "expected 'source_wins', 'twenty_wins' or 'ask'"),
        ("    trashed: skip", "    trashed: never", "expected 'revive', 'skip' or 'ask'"),
        (
            "        anchor: {to: patient, by: id}",
            "        anchor: {to: patient, by: id, edits: ask}",
            "an anchor is no value",
        ),
        (
            "          company: {to: insurer, by: insurer_id}",
            "          company: {to: insurer, by: {from: insurer_id, edits: ask}}",
            "expected only on a whole field",
        ),
    ],
)
def test_a_mistake_names_its_line(line: str, wrong: str, expected: str) -> None:
    number = MAPPING[: MAPPING.index(line)].count("\n") + 1
    with pytest.raises(MappingError) as refusal:
        parse_mapping(MAPPING.replace(line, wrong, 1), "m.yaml")
    [problem] = refusal.value.problems
    assert problem.line == number and expected in problem.message


def test_the_page_for_operators_shows_a_policy_that_loads() -> None:
    page = (Path(__file__).parents[3] / "docs" / "edits.md").read_text()
    shown = re.search(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert shown is not None
    head = MAPPING[: MAPPING.index("  patient:")].replace("objects:\n", "")
    head, insurer = head.split("  insurer:")
    text = head + shown[1].replace("objects:\n", f"objects:\n  insurer:{insurer}")
    text = text.replace(
        "    parts:\n      - target: person", "    source: {relation: p, key: [id]}\n    parts:\n      - target: person"
    )
    policy = edit_policies(parse_mapping(text, "m.yaml"))["patient#"]
    assert (policy.fields, policy.trashed) == ({"jobTitle": "twenty_wins", "company": "ask"}, "ask")
