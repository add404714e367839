"""The README's first command, as a person runs it, on a small clinic."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from infra.clinics.worlds import WORLDS

pytestmark = pytest.mark.stack


FLOWED = {"updated": "changed", "merged": "merged", "deleted": "deleted", "restored": "back"}
DEMO = [sys.executable, "-m", "infra.cli.main", "demo"]


@pytest.mark.parametrize("system", [[], ["--system", "clinic_management"]], ids=["default", "clinic_management"])
def test_the_demo_ends_in_step_and_says_so_in_json(system: list[str]) -> None:
    command = [*DEMO, *system, "--until-synced", "--json", "--patients", "40"]
    ended = subprocess.run(
        [*command, "--changes", "40", "--rate", "20", "--requests", "0"], capture_output=True, text=True, check=False
    )
    report = json.loads(ended.stdout)
    assert report["reconcile"]["compared"] > 1000
    assert report["reconcile"]["mismatches"] == 0
    assert report["conservation"] == 0
    assert report["dead_letters"] == 0
    assert report["refused"] == 0
    assert report["first_record_seconds"] > 0
    assert report["outcomes"]["created"] > 0
    outcomes = report["outcomes"]
    flowed = [f"{outcomes.get(name, 0):,} {word}" for name, word in FLOWED.items()]
    assert outcomes["updated"] > 0
    assert f"flowed: {', '.join(flowed)}" in ended.stderr.splitlines()
    assert {"captured", "held", "parked", "flagged", "requests"} <= report.keys()
    assert ended.returncode == 0


def test_a_system_that_nobody_made_up_is_said_with_those_that_are() -> None:
    ended = subprocess.run([*DEMO, "--system", "clinik"], stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 2
    assert f"clinik: expected one of {', '.join(WORLDS)}" in " ".join(ended.stderr.replace("│", "").split())
