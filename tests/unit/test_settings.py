"""Settings: mistakes name file, line and setting; secrets come from the environment or from files, and stay unseen."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.settings import Settings, SettingsError, load_settings
from infra.sources.settings import CsvSection, PostgresSection, RestSection
from infra.wiring import Deployment
from producers.view_check import view_mistakes
from schemas.mapping import parse_mapping
from tests.tiny import HEAD

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


SOURCE = """\
system: synthea
kafka: {bootstrap_servers: "k:1"}
twenty: {url: "http://t", api_key: k}
source:
"""


def source_of(tmp_path: Path, text: str, environment: dict[str, str] | None = None) -> Settings:
    path = tmp_path / "settings.yaml"
    path.write_text(SOURCE + text)
    return load_settings(path, environment or {})


def test_each_kind_of_source_has_its_own_settings(tmp_path: Path) -> None:
    drops = source_of(tmp_path, "  kind: csv\n  directory: /drops\n  objects: {patient: {full: 'p-{export}.csv'}}\n")
    assert isinstance(drops.source, CsvSection)
    assert drops.source.objects["patient"].full == "p-{export}.csv"
    text = (
        "  kind: rest\n  url: https://api\n  auth: {header: X-Api-Key, scheme: ''}\n  objects:\n"
        "    patient: {path: /p, paging: {kind: offset, parameter: offset}}\n"
    )
    api = source_of(tmp_path, text, {"DUALRUN_SOURCE_TOKEN": "secretword"})
    assert isinstance(api.source, RestSection)
    assert "secretword" not in repr(api)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  kind: ftp\n  url: x\n", r":4: source: expected kind: one of postgres, csv, rest"),
        ("  kind: csv\n", r":4: source.directory: Field required"),
        ("  kind: csv\n  directory: /d\n  objects:\n    patient: {marker: x}\n", r":8: .*expected full: or delta:"),
        (
            "  kind: csv\n  directory: /d\n  objects:\n    patient: {full: 'p-{segment}.csv'}\n",
            r":8: .*nothing tells when all segments are there",
        ),
        (
            "  kind: csv\n  directory: /d\n  objects:\n    patient: {full: 'p.csv', delta: 'd-{export}.csv'}\n",
            r"need \{export\} both, or neither",
        ),
        ("  kind: csv\n  directory: /d\n  objects:\n    patient: {full: '../p.csv'}\n", r"a name below the directory"),
        (
            "  kind: csv\n  directory: /d\n  objects:\n    patient: {full: p.csv, encoding: utf9}\n",
            r":8: .*utf9 is no encoding: expected a name such as utf-8",
        ),
        ("  kind: rest\n  url: u\n  objects: {}\n", r":7: source.objects: .*at least 1"),
        (
            "  kind: rest\n  url: u\n  auth: {scheme: X}\n  objects: {p: {path: /}}",
            r":7: source.auth: .*expected token_file: \(or token:, or DUALRUN_SOURCE_TOKEN\)",
        ),
        (
            "  kind: rest\n  url: u\n  objects:\n    patient: {path: p, paging: {kind: seek, parameter: o}}\n",
            r":8: source.objects.patient.paging.kind: Input should be 'cursor' or 'offset'",
        ),
    ],
)
def test_mistakes_in_a_source_are_named_with_their_line(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(SettingsError, match=expected):
        source_of(tmp_path, text)


def test_objects_that_the_mapping_does_not_have_are_named(tmp_path: Path) -> None:
    source_of(tmp_path, "  kind: csv\n  directory: /d\n  objects:\n    pateint: {full: 'p.csv'}\n")
    with pytest.raises(SettingsError, match=r"source.objects: pateint: the mapping has no such object, it has allergy"):
        Deployment.load(tmp_path / "settings.yaml").sources()


def test_a_manifest_needs_the_directory_of_its_files(tmp_path: Path) -> None:
    source_of(tmp_path, "  kind: csv\n  directory: /d\n  objects: {claim: {full: c.csv, manifest: {path: file}}}\n")
    with pytest.raises(SettingsError, match=r"source.objects.claim.manifest: its files lie below documents:"):
        Deployment.load(tmp_path / "settings.yaml").sources()


PAGE = (Path(__file__).parents[2] / "docs" / "sources.md").read_text()


SHOWN = [block.partition("```")[0] for block in PAGE.split("```yaml\n")[1:]]


@pytest.mark.parametrize("shown", [block for block in SHOWN if not block.startswith("objects:")])
def test_what_the_page_on_sources_shows_is_read(tmp_path: Path, shown: str) -> None:
    system = "core_practice" if "kind: csv" in shown or "kind: rest" in shown else "clinic_place"
    rest = f"system: {system}\n" + "kafka: {bootstrap_servers: 'k:1'}\ntwenty: {url: 'http://t', api_key: k}\n"
    if "source:" not in shown:
        rest += "source: {url: postgresql://db/clinic}\n"
    path = tmp_path / "settings.yaml"
    path.write_text(rest + shown)
    source, objects, _ = Deployment.load(path).sources()
    source.close()
    assert objects


def test_a_query_needs_a_database(tmp_path: Path) -> None:
    text = "system: clinic_place\nkafka: {bootstrap_servers: 'k:1'}\ntwenty: {url: 'http://t', api_key: k}\n"
    (tmp_path / "settings.yaml").write_text(f"{text}source: {{kind: csv, directory: /d}}\n")
    with pytest.raises(SettingsError, match=r"patient_balance: its query needs a database: .* as a `view`"):
        Deployment.load(tmp_path / "settings.yaml").sources()


def test_the_view_that_the_page_on_sources_shows_can_be_run() -> None:
    (shown,) = (block for block in SHOWN if block.startswith("objects:"))
    patient = "  patient:\n    source: {relation: patients, key: [id]}\n    parts: [{target: person}]\n"
    fields = "twenty: {person: {fields: {outstandingBalance: {type: CURRENCY, label: Balance}}}}\n"
    assert parse_mapping(HEAD + fields + shown + patient, "page.yaml", view_mistakes).sources[1].view
