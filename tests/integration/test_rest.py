"""The REST source against a real server that pages, drifts, throttles, fails and lets tokens expire."""

from __future__ import annotations

import base64
import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.sources.build import build
from infra.sources.rest_api import Asked, ClinicApi, MemoryTables
from infra.sources.settings import RestSection
from producers.limits import Limits
from producers.memory import MemoryDatabase
from producers.source import Row, Source, SourceError
from schemas.records import Operation
from schemas.source import SourceObject
from tests.integration.api_server import serving
from tests.unit.producers.worlds import World

PATIENT = SourceObject("patient", ("id",), "patients", changed_at="updated_at")
BY_CURSOR = {"kind": "cursor", "parameter": "cursor", "next": "next_cursor", "size": 10}
BY_OFFSET = {"kind": "offset", "parameter": "offset", "size": 10}
TOKEN = {"kind": "client_credentials", "token_url": "/oauth/token", "client_id": "client", "client_secret": "secret"}


def stamp(moment: datetime | None = None) -> str:
    return (moment or datetime.now(UTC)).isoformat()


@dataclass
class Clinic:
    """An API, its table, and sources that read it."""

    api: ClinicApi
    tables: MemoryTables
    url: str
    opened: list[Source] = field(default_factory=list)

    def put(self, key: str, name: str, at: datetime | None = None) -> None:
        self.tables.tables["patients"][key] = {"id": key, "name": name, "updated_at": stamp(at)}

    def fill(self, rows: int) -> None:
        for number in range(rows):
            self.put(f"p{number:04}", "Ada", datetime(2020, 1, 1, tzinfo=UTC))

    def mood(self, **moods: object) -> None:
        httpx.post(f"{self.url}/moods", json=moods).raise_for_status()

    def source(self, paging: dict[str, object] | None = None, **settings: object) -> tuple[Source, SourceObject]:
        resource = {
            "path": "/v1/patients",
            "rows": "data",
            "paging": paging or BY_CURSOR,
            "modified_since": "updated_since",
            "record": "/v1/patients/{id}",
            "parallel": settings.pop("parallel", 1),
            "deleted": settings.pop("deleted", None),
        }
        section = RestSection.model_validate({"url": self.url, "objects": {"patient": resource}, **settings})
        source, objects = build(section, [PATIENT], work=Path(), documents=None)
        self.opened.append(source)
        return source, objects[0]

    def ids(self) -> list[str]:
        return sorted(self.tables.tables["patients"])


@pytest.fixture
def clinic() -> Iterator[Clinic]:
    tables = MemoryTables()
    tables.tables["patients"] = {}
    api = ClinicApi(tables)
    with serving(api) as url:
        clinic = Clinic(api, tables, url)
        yield clinic
        for source in clinic.opened:
            source.close()


def scan(source: Source, what: SourceObject, limit: int = 1000) -> list[Row]:
    return list(source.scan(what, None, limit))


@pytest.mark.parametrize("paging", [BY_CURSOR, BY_OFFSET])
@pytest.mark.parametrize("parallel", [1, 4])
def test_every_row_in_order(clinic: Clinic, paging: dict[str, object], parallel: int) -> None:
    clinic.fill(45)
    source, what = clinic.source(paging, parallel=parallel)
    assert [row.id for row in scan(source, what)] == clinic.ids()


def test_changes_since_and_their_times(clinic: Clinic) -> None:
    clinic.fill(5)
    moment = datetime(2026, 5, 1, 12, 0, 0, 500_000, tzinfo=UTC)
    clinic.put("p0002", "Grace", moment)
    source, what = clinic.source()
    rows = list(source.increment(what, moment, None, 100))  # asked for in whole seconds, rounded down
    assert [(row.id, row.changed_at, row.record["name"]) for row in rows] == [("p0002", moment, "Grace")]


def test_presence_is_asked_record_by_record(clinic: Clinic) -> None:
    clinic.fill(3)
    clinic.put("a/b c", "Ada")
    source, what = clinic.source(parallel=3)
    assert source.present(what, ["p0001", "gone", "a/b c"]) == {"p0001", "a/b c"}


@pytest.mark.parametrize(("clock", "behind"), [(3600, 60), (-3600, 3660)])
def test_the_slowest_clock_holds_the_horizon(clinic: Clinic, clock: float, behind: float) -> None:
    clinic.mood(clock_seconds=clock)
    source, _ = clinic.source(overlap_seconds=60)
    reading = source.reading()
    assert reading.ahead.total_seconds() == pytest.approx(clock, abs=2)
    assert (datetime.now(UTC) - reading.horizon).total_seconds() == pytest.approx(behind, abs=2)


def test_a_flaky_server_is_asked_again(clinic: Clinic) -> None:
    clinic.fill(60)
    clinic.mood(flaky=0.3)
    source, what = clinic.source()
    for _ in range(20):
        try:
            found = scan(source, what)
            break
        except SourceError as error:
            assert "4 times running" in str(error)
    assert [row.id for row in found] == clinic.ids()
    assert clinic.api.asked["500"] + clinic.api.asked["502"] + clinic.api.asked["503"] > 0


def test_a_short_wait_is_sat_out_and_a_long_one_is_not(clinic: Clinic) -> None:
    clinic.fill(30)
    clinic.mood(requests_per_minute=600, retry_after=0.2)
    source, what = clinic.source({**BY_CURSOR, "size": 2})
    assert len(scan(source, what)) == 30
    clinic.mood(requests_per_minute=6, retry_after=120)
    clinic.api._allowed = 0
    with pytest.raises(SourceError, match=r"the API asks to wait 120 s \(429\)"):
        scan(source, what)
    asked = clinic.api.asked["429"]
    with pytest.raises(SourceError, match="left alone for a while"):
        scan(source, what)
    assert clinic.api.asked["429"] == asked, "nothing is sent meanwhile"


def test_our_own_limit_is_kept(clinic: Clinic) -> None:
    clinic.fill(10)
    source, what = clinic.source({**BY_CURSOR, "size": 2}, requests_per_minute=1200)
    began = time.monotonic()
    scan(source, what)
    assert time.monotonic() - began >= 4 * 0.05


def test_a_token_is_renewed_ahead_and_when_it_is_refused(clinic: Clinic) -> None:
    clinic.fill(30)
    clinic.mood(token_seconds=3600)
    source, what = clinic.source(auth=TOKEN)
    assert len(scan(source, what)) == 30
    assert clinic.api.asked["401"] == 0
    clinic.api._tokens.clear()  # the server forgets its tokens
    assert len(scan(source, what)) == 30
    assert clinic.api.asked["401"] == 1
    clinic.mood(token_seconds=0.5)
    clinic.api._tokens.clear()
    for _ in range(10):
        assert len(scan(source, what)) == 30


def test_a_wrong_secret_is_explained(clinic: Clinic) -> None:
    clinic.mood(token_seconds=10)
    source, what = clinic.source(auth={**TOKEN, "client_secret": "Zanzibar"})
    with pytest.raises(SourceError, match="the token address answered 401: look at client_id") as refusal:
        scan(source, what)
    assert "Zanzibar" not in str(refusal.value)


def test_a_key_is_replaced_in_its_file_and_nothing_is_lost(clinic: Clinic, tmp_path: Path) -> None:
    clinic.fill(3)
    clinic.mood(api_key="old")
    key = tmp_path / "key"
    key.write_text("old\n")
    source, what = clinic.source(auth={"header": "X-Api-Key", "scheme": "", "token_file": str(key)})
    assert len(scan(source, what)) == 3
    clinic.mood(api_key="new")
    with pytest.raises(SourceError, match="the credential is not valid, or may not read this"):
        scan(source, what)
    key.write_text("new\n")
    assert len(scan(source, what)) == 3


def test_the_end_of_a_token_is_told_ahead(clinic: Clinic) -> None:
    end = datetime(2027, 1, 1, tzinfo=UTC)
    claims = base64.urlsafe_b64encode(json.dumps({"exp": end.timestamp()}).encode()).decode().rstrip("=")
    for auth in ({"token": f"e30.{claims}.sig"}, {"token": "opaque", "expires": end.isoformat()}):
        source, _ = clinic.source(auth=auth)
        assert source.reading().expires_at == end
    source, _ = clinic.source()
    assert source.reading().expires_at is None


def test_rows_without_a_key_stop_nobody(clinic: Clinic) -> None:
    clinic.fill(12)
    clinic.tables.tables["patients"]["x"] = {"id": None, "name": "Zanzibar", "updated_at": stamp()}
    clinic.tables.tables["patients"]["y"] = {"name": "Zanzibar", "updated_at": stamp()}
    source, what = clinic.source({**BY_CURSOR, "size": 100})
    assert len(scan(source, what)) == 12
    condition = source.condition(what)
    assert (condition.rejected, condition.concern) == (2, "2 rows have no id and are not captured")
    assert [(one.where, one.reason) for one in condition.unreadable] == [("/v1/patients", "without id")] * 2
    assert [json.loads(one.raw) for one in condition.unreadable] == [
        clinic.tables.tables["patients"][name] for name in ("x", "y")
    ]
    scan(source, what)
    assert source.condition(what).unreadable == condition.unreadable, "the same rows, known again by their digest"


def test_errors_name_the_path_and_no_filter(clinic: Clinic) -> None:
    source, what = clinic.source()
    with pytest.raises(SourceError, match="/v1/patients answered 404: look at its path") as refusal:
        del clinic.tables.tables["patients"]
        list(source.increment(what, datetime.now(UTC), None, 10))
    assert "updated_since" not in str(refusal.value)
    source.close()
    other, _ = build(
        RestSection.model_validate(
            {"url": "http://127.0.0.1:9", "objects": {"patient": {"path": "/x", "paging": BY_CURSOR}}}
        ),
        [PATIENT],
        work=Path(),
        documents=None,
    )
    clinic.opened.append(other)
    with pytest.raises(SourceError, match="is the API up, and the URL right"):
        other.reading()


def world(clinic: Clinic, paging: dict[str, object], **settings: Any) -> World:
    source, what = clinic.source(paging, overlap_seconds=1, **settings)
    limits = Limits(chunk_rows=25, margin=0.0, missing_rows=1_000, sweep_interval=0.001)
    return World(what, limits, MemoryDatabase(datetime.now(UTC)), source=source)


@pytest.mark.parametrize("paging", [BY_CURSOR, BY_OFFSET])
def test_the_poller_follows_an_api_that_changes_under_it(clinic: Clinic, paging: dict[str, object]) -> None:
    """Rows come, change and go between the pages, the server fails now and then; in the end the topic is the table."""
    draw = random.Random(7)
    clinic.fill(120)
    live = world(clinic, paging, parallel=3)
    clinic.mood(flaky=0.05)

    def disturb() -> None:
        for _ in range(3):
            clinic.put(f"p{draw.randrange(160):04}", draw.choice(["Ada", "Bob", "Cleo"]))
        clinic.tables.tables["patients"].pop(f"p{draw.randrange(160):04}", None)

    def steps(rounds: int) -> None:
        for _ in range(rounds):
            disturb()
            live.database.advance(3)
            live.poll()
            live.poller.snapshot()
            reading = live.poller._source.reading()
            live.poller.sweep(reading)

    for _ in range(4):
        try:
            steps(10)
        except SourceError:
            continue
    clinic.mood(flaky=0)
    live.start()
    expected = {key: row["name"] for key, row in clinic.tables.tables["patients"].items()}
    for _ in range(200):
        live.database.advance(11)
        live.poll_to_end()
        live.poller.snapshot()
        live.poller.sweep(live.poller._source.reading())
        if {key: change.record["name"] for key, change in live.latest().items()} == expected:
            break
    assert {key: change.record["name"] for key, change in live.latest().items()} == expected


def test_a_list_that_leaves_records_out_deletes_none_that_are_there(clinic: Clinic) -> None:
    """Filtered by a permission, or cut short: only the record itself tells that it is gone."""

    class Short(MemoryTables):
        def page(self, table: str, asked: Asked) -> list[dict[str, Any]]:
            return [row for row in super().page(table, asked) if row["id"] > "p0015"]

    clinic.fill(20)
    live = world(clinic, BY_CURSOR)
    live.snapshot_to_end()
    short = Short()
    short.tables = clinic.tables.tables
    clinic.api.tables = short
    del clinic.tables.tables["patients"]["p0003"]
    for _ in range(4):
        live.sweep()
    gone = [change.record_id for change in live.published if change.operation is Operation.DELETE]
    assert gone == ["p0003"]


def test_a_record_that_is_marked_as_deleted_is_deleted_and_no_value_is_blanked(clinic: Clinic) -> None:
    clinic.fill(3)
    live = world(clinic, BY_CURSOR, deleted="deleted_at")
    live.snapshot_to_end()
    before = len(live.published)
    clinic.tables.tables["patients"]["p0001"] = {
        "id": "p0001",
        "name": None,
        "deleted_at": stamp(),
        "updated_at": stamp(),
    }
    for _ in range(4):
        live.sweep()
    assert [(change.operation, change.record_id) for change in live.published[before:]] == [(Operation.DELETE, "p0001")]


def test_a_lapsed_cursor_costs_only_reading_again(clinic: Clinic) -> None:
    clinic.fill(60)
    live = world(clinic, BY_CURSOR)
    live.poll_to_end()
    assert live.poller.snapshot()
    clinic.mood(cursor_seconds=0.000001)
    live.start()
    clinic.mood(cursor_seconds=0)
    while live.poller.snapshot():
        pass
    assert len(live.published) == 60
