"""Kafka's class cache is a help, never a need."""

from pathlib import Path

from infra.stack.class_cache import class_cache


def _java(path: Path, version: str, then: str) -> Path:
    path.write_text(f"#!/bin/sh\ncase $1 in -version) echo 'openjdk version \"{version}\"' >&2;; *) {then};; esac\n")
    path.chmod(0o755)
    return path


def test_a_java_that_keeps_no_classes_gets_no_file(tmp_path: Path) -> None:
    java = _java(tmp_path / "java", "21.0.2", "exit 0")
    assert class_cache(java, [], tmp_path / "cache") is None
    assert not (tmp_path / "cache").exists()


def test_a_broker_that_cannot_start_leaves_nothing_behind(tmp_path: Path) -> None:
    java = _java(tmp_path / "java", "25.0.2", "exit 1")
    assert class_cache(java, [tmp_path / "kafka.jar"], tmp_path / "cache") is None
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".lock"]


def test_a_broker_that_writes_no_file_is_one_that_starts_without(tmp_path: Path) -> None:
    java = _java(tmp_path / "java", "25.0.2", "exit 0")
    assert class_cache(java, [tmp_path / "kafka.jar"], tmp_path / "cache") is None
