"""Synthea's files become tables, or the file and line are named."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from infra.clinic.synthea import TABLES, SyntheaError, load, main

CLAIMS = 'Id,PATIENTID,NOTES\nc1,p1,\nc2,p1,"says ""hi"", then\nleaves \\N"\n'


@pytest.fixture
def export(tmp_path: Path) -> Path:
    for table in TABLES[:-1]:
        (tmp_path / f"{table}.csv").write_text(f"Id,NAME\n{table}-1,Näme\n")
    (tmp_path / "claims.csv").write_text(CLAIMS)
    return tmp_path


def test_every_value_arrives_as_text(export: Path, postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        assert load(connection, export) == {"organizations": 1, "patients": 1, "encounters": 1, "claims": 2}
        rows = connection.execute("select id, patientid, notes from claims order by id").fetchall()
        assert rows == [("c1", "p1", None), ("c2", "p1", 'says "hi", then\nleaves \\N')]
        assert connection.execute("select name from patients").fetchall() == [("Näme",)]
        assert connection.execute("select count(*) from claims where updated_at <= now()").fetchall() == [(2,)]


def test_a_short_row_names_file_and_line_and_loads_nothing(export: Path, postgres_url: str) -> None:
    (export / "claims.csv").write_text(CLAIMS + "c3,secret\n")
    with psycopg.connect(postgres_url) as connection:
        with pytest.raises(SyntheaError, match=r"claims\.csv:5: 2 fields; the header has 3") as caught:
            load(connection, export)
        assert "secret" not in str(caught.value)
        assert connection.execute("select to_regclass('organizations')").fetchone() == (None,)


def test_a_header_without_a_key_is_refused(export: Path, postgres_url: str) -> None:
    (export / "patients.csv").write_text("NAME,NAME\n")
    with psycopg.connect(postgres_url) as connection, pytest.raises(SyntheaError, match=r"patients\.csv:1: expected"):
        load(connection, export)


def test_the_command_line(
    export: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DUALRUN_SOURCE_URL", postgres_url)
    assert main([str(export)]) == 0
    assert "claims: 2 rows" in capsys.readouterr().out
    assert main([str(export)]) == 1  # the tables are there
    assert "42P07" in capsys.readouterr().err
    assert main([str(export / "nowhere")]) == 1
    assert "organizations.csv: cannot be read" in capsys.readouterr().err
