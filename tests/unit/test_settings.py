"""Settings: mistakes name file, line and setting; secrets come from the environment or from files, and stay unseen."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.settings import SettingsError, load_settings
from infra.sources.settings import PostgresSection

EXAMPLE = Path(__file__).parents[2] / "docs" / "settings.yaml"
ENVIRONMENT = {
    "DUALRUN_KAFKA_BOOTSTRAP_SERVERS": "kafka:9092",
    "DUALRUN_SOURCE_URL": "postgresql://clinic:secretword@db/clinic",
    "DUALRUN_TWENTY_URL": "https://crm.example",
    "DUALRUN_TWENTY_API_KEY": "secretkey",
}


def test_the_documented_example_loads() -> None:
    settings = load_settings(EXAMPLE, {})
    assert (settings.system, settings.kafka.partitions, settings.twenty.requests) == ("clinic_place", 4, 100)


def test_the_environment_is_laid_over_the_file() -> None:
    settings = load_settings(EXAMPLE, ENVIRONMENT)
    assert settings.kafka.bootstrap_servers == "kafka:9092"
    assert isinstance(settings.source, PostgresSection)
    assert settings.source.url.get_secret_value().endswith("@db/clinic")


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text("from the file\n")
    settings = load_settings(EXAMPLE, {"DUALRUN_TWENTY_API_KEY_FILE": str(secret)})
    assert settings.twenty.api_key.get_secret_value() == "from the file"


def test_secrets_are_not_shown() -> None:
    shown = repr(load_settings(EXAMPLE, ENVIRONMENT))
    assert "secretword" not in shown
    assert "secretkey" not in shown


def test_every_mistake_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text("system: clinic_place\nkafka:\n  bootstrap_servers: k:1\n  partitions: none\n  colour: red\n")
    with pytest.raises(SettingsError) as refusal:
        load_settings(path, {})
    text = str(refusal.value)
    assert f"{path}:4: kafka.partitions" in text
    assert f"{path}:5: kafka.colour" in text
    assert "source: Field required" in text
    assert "secret" not in text


@pytest.mark.parametrize(
    ("content", "expected"),
    [("a: [", "not YAML"), ("- a\n", "expected settings"), (None, "cannot be read")],
)
def test_what_is_no_settings_file_is_refused(tmp_path: Path, content: str | None, expected: str) -> None:
    path = tmp_path / "settings.yaml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SettingsError, match=expected):
        load_settings(path, {})


def test_a_missing_setting_names_the_variable_that_sets_it() -> None:
    environment = {name: value for name, value in ENVIRONMENT.items() if name != "DUALRUN_SOURCE_URL"}
    with pytest.raises(SettingsError, match="source"):
        load_settings(None, environment)


def test_a_timetable_is_read_and_a_bad_one_is_named(tmp_path: Path) -> None:
    hours = load_settings(EXAMPLE, {}).twenty.timetable.uploads
    assert [(one.start.hour, one.end.hour) for one in hours] == [(20, 6)]
    wrong = tmp_path / "settings.yaml"
    wrong.write_text(EXAMPLE.read_text().replace("uploads: 20:00-06:00", "uploads: at night"))
    with pytest.raises(SettingsError, match=r"settings\.yaml:\d+: twenty\.timetable\.uploads: .*expected.*22:00-06:00"):
        load_settings(wrong, {})


def test_a_reserve_that_leaves_nothing_is_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "settings.yaml"
    wrong.write_text(EXAMPLE.read_text().replace("reserve: 0 ", "reserve: 50 "))
    with pytest.raises(SettingsError, match="less than half"):
        load_settings(wrong, {})
