"""What a profile tells of a clinic, and what it must never tell."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.memory import MemoryDatabase, MemorySource
from producers.profile.facts import Finding, Profile
from producers.profile.people import joined
from producers.profile.report import page
from producers.profile.store import Store
from producers.profile.survey import Subject, Survey, circles
from producers.source import Condition
from schemas.source import SourceObject
from tests.unit.producers.profile.survey_world import CANARY, NOW, patients, survey, visits


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    return survey({"pt_master": patients(), "visits": visits()}, tmp_path_factory.mktemp("profile"))


def findings(profile: Profile, kind: str) -> list[Finding]:
    return [one for one in profile.findings if one.kind == kind]


def test_keys_are_found_where_none_is_declared(profile: Profile) -> None:
    assert {one.name: one.key for one in profile.objects} == {"pt_master": ("PatNo",), "visits": ("visit_id",)}


def test_fields_are_counted_and_typed(profile: Profile) -> None:
    found = {one.name: one for one in profile.object("pt_master").columns}
    assert (found["dob"].type, found["dob"].format) == ("date", "%m/%d/%Y")
    assert (found["email"].form, found["email"].filled, found["email"].distinct) == ("email", 19, 18)
    assert found["tel"].form == "phone"
    assert (found["notes_old"].filled, found["PatNo"].type) == (0, "integer")
    assert found["sex"].values == (("F", 10), ("M", 10))


def test_relations_are_found_by_names_and_values(profile: Profile) -> None:
    found = {(one.object, one.column, one.to): (one.filled, one.matched, one.declared) for one in profile.relations}
    assert found == {
        ("visits", "PatNo", "pt_master"): (20, 18, False),
        ("pt_master", "guarantor_no", "pt_master"): (20, 20, False),
    }


def test_duplicates_circles_and_orphans_are_named_by_record_key(profile: Profile) -> None:
    assert findings(profile, "duplicate") == [Finding(kind="duplicate", object="pt_master", keys=("4", "5"))]
    assert findings(profile, "cycle") == [
        Finding(kind="cycle", object="pt_master", keys=("11", "12", "13"), reference="guarantor_no")
    ]
    assert findings(profile, "orphan") == [
        Finding(kind="orphan", object="visits", keys=("V-3", "V-4"), reference="PatNo")
    ]


def test_people_without_address_and_without_activity_are_counted(profile: Profile) -> None:
    found = profile.object("pt_master")
    assert (found.without_email, found.shared_emails) == (2, 1)
    # of visits 1 to 10, eight belong to a patient who is there; whoever never came has no date at all
    assert found.stale == 8


def test_nothing_of_patients_or_free_text_is_in_it(profile: Profile) -> None:
    for text in (profile.model_dump_json(), page(profile)):
        assert CANARY not in text
        assert "Given" not in text
        assert "home.example" not in text
        assert "555" not in text
        assert "/1980" not in text


def test_what_a_mapping_does_not_call_safe_is_masked(tmp_path: Path) -> None:
    told = survey({"pt_master": patients()}, tmp_path, safe=frozenset({"sex"}))
    hidden = survey({"pt_master": patients()}, tmp_path, safe=frozenset())
    assert told.object("pt_master").column("sex").values
    assert hidden.object("pt_master").column("sex").values == ()


def test_a_choice_that_names_people_is_masked(tmp_path: Path) -> None:
    people = [{"id": n, "first_name": first, "last_name": "Bell"} for n, first in enumerate(["Ada", "Eve", "Ida"])]
    rows = [{"id": n, "helper": ["Ada Bell", "Eve Bell", "Front desk"][n % 3]} for n in range(30)]
    told = survey({"patients": people, "tasks": rows}, tmp_path)
    assert told.object("tasks").column("helper").values == (("Front desk", 10),)


def test_values_that_few_rows_hold_are_not_told(tmp_path: Path) -> None:
    rows = [{"id": n, "state_of_play": "rare" if n < 3 else "common"} for n in range(30)]
    assert survey({"plans": rows}, tmp_path).object("plans").column("state_of_play").values == (("common", 27),)


def test_zero_in_a_reference_names_nobody(tmp_path: Path) -> None:
    doctors = [{"doctor_id": n, "name": f"D{n}"} for n in range(1, 7)]
    visits = [{"visit_id": n, "doctor_id": n % 7} for n in range(1, 22)]
    found = survey({"doctors": doctors, "visits": visits}, tmp_path)
    (relation,) = found.relations
    assert (relation.column, relation.filled, relation.matched) == ("doctor_id", 18, 18)
    assert found.findings == ()


def test_an_object_that_cannot_be_read_does_not_stop_the_others(tmp_path: Path) -> None:
    database = MemoryDatabase(NOW)
    source = MemorySource(database)
    good, bad = SourceObject("good", ("id",), "good"), SourceObject("bad", ("id",), "bad")
    database.tables["good"] = {("1",): {"id": 1}}
    source.conditions["bad"] = Condition(waiting="no complete file bad.csv yet")
    clock = iter(range(10_000))
    with Store(tmp_path) as store:
        survey = Survey(store, monotonic=lambda: float(next(clock)), sleep=lambda _: None)
        found = survey.take("sunrise", "memory", [Subject(source, bad, "bad"), Subject(source, good, "good")], NOW)
    assert (found.object("good").rows, found.object("bad").trouble) == (1, "no complete file bad.csv yet")


def test_nothing_of_the_rows_is_left_on_the_disk(tmp_path: Path) -> None:
    survey({"pt_master": patients()}, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_it_can_be_read_back(profile: Profile) -> None:
    assert Profile.model_validate_json(profile.model_dump_json(exclude_none=True)) == profile


@given(st.permutations(range(12)), st.integers())
def test_every_id_lies_on_one_circle(order: list[int], seed: int) -> None:
    edges: dict[str, str] = {}
    left = list(map(str, order))
    generator = random.Random(seed)
    while len(left) > 1:
        size = min(len(left), generator.randint(2, 5))
        ring, left = (left, []) if len(left) - size == 1 else (left[:size], left[size:])
        edges.update(zip(ring, ring[1:] + ring[:1], strict=True))
    found = circles(edges)
    assert sorted(key for keys in found for key in keys) == sorted(edges)
    for keys in found:
        assert all(edges[a] == b for a, b in zip(keys, keys[1:] + keys[:1], strict=True))
        assert keys[0] == min(keys)


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), min_size=2, max_size=4, unique=True)))
def test_groups_that_share_a_record_are_one(groups: list[list[str]]) -> None:
    found = joined(groups)
    assert all(any(set(group) <= set(keys) for keys in found) for group in groups)
    members = [one for keys in found for one in keys]
    assert len(members) == len(set(members))
    assert set(members) == {one for group in groups for one in group}


def test_rows_that_name_each_patient_once_have_not_the_key_of_patients(tmp_path: Path) -> None:
    """A recall for every second patient: that no patient has two is chance, and would not last."""
    files = [{"ur_no": 40_000 + 31 * n, "called": f"Given{n}", "town": "Kent"} for n in range(40)]
    recalls = [{"ur_no": 40_000 + 62 * n, "recall_date": date(2025, 1, 1 + n)} for n in range(20)]
    found = survey({"files": files, "recalls": recalls}, tmp_path)
    assert (found.object("files").key, found.object("recalls").key) == (("ur_no",), ())
    led = {(one.object, one.column, one.to) for one in found.relations}
    assert led == {("recalls", "ur_no", "files")}
