"""What is drafted from a profile: a mapping that can be used, whatever the source is called and holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from producers.profile.facts import Column, ObjectFacts, Profile, Relation
from producers.propose.draft import Head, draft
from producers.propose.line import QUESTION
from producers.propose.proposal import THRESHOLD, propose
from producers.propose.writing import as_yaml
from schemas.mapping import SystemMapping
from schemas.mapping.document import parse_mapping
from tests.unit.producers.profile.survey_world import patients, survey, visits


def drafted(profile: Profile) -> SystemMapping:
    return parse_mapping(as_yaml("sunrise", draft(propose(profile)), Head()), "draft.yaml")


def test_a_small_clinic(tmp_path: Path) -> None:
    profile = survey({"pt_master": patients(), "visits": visits()}, tmp_path, keys={"visits": "visit_id"})
    mapping = drafted(profile)
    patient, visit = mapping.objects["pt_master"], mapping.objects["visits"]
    main = patient.parts[0]
    assert (main.target, patient.source.key) == ("person", ["PatNo"])
    assert main.fields["emails"].from_ == "email"
    assert main.fields["phones"].from_ == "tel"
    assert main.fields["dateOfBirth"].formats == ["%m/%d/%Y"]
    assert main.fields["gender"].values == {"F": "FEMALE", "M": "MALE"}
    assert main.links["guarantorNumber"].to == "pt_master"
    assert [part.target for part in visit.parts] == ["task", "taskTarget"]
    assert visit.parts[1].links["person"].required


def test_decisions_about_what_the_profile_found_fit_the_draft(tmp_path: Path) -> None:
    profile = survey({"patients": patients(), "visits": visits()}, tmp_path, keys={"visits": "visit_id"})
    assert set(drafted(profile).objects) == {one.name for one in profile.objects}


def test_whoever_is_female_is_not_false(tmp_path: Path) -> None:
    rows = [{**row, "sex": "F"} for row in patients()]
    mapping = drafted(survey({"patients": rows}, tmp_path))
    assert mapping.twenty["person"].fields["gender"].type != "BOOLEAN"


def test_doubts_are_questions_and_not_drafted(tmp_path: Path) -> None:
    profile = survey({"pt_master": patients()}, tmp_path)
    text = as_yaml("sunrise", draft(propose(profile)), Head())
    assert "# ? notes_old: it is defined, and never filled: is it needed?" in text
    assert all(
        line.confidence < THRESHOLD or line.place == QUESTION for one in propose(profile) for line in one.doubtful
    )


def test_numbers_of_identity_papers_stay_in_the_source(tmp_path: Path) -> None:
    rows = [{**row, "ssn": f"123-45-{n:04}"} for n, row in enumerate(patients())]
    mapping = drafted(survey({"patients": rows}, tmp_path))
    assert mapping.objects["patients"].source.exclude == ["ssn"]


def test_staff_are_matched_and_found_by_their_email(tmp_path: Path) -> None:
    staff = [{"staff_id": n, "first_name": f"S{n}", "last_name": "X", "email": f"s{n}@c.example"} for n in range(1, 8)]
    rows = [{**row, "owner_email": f"s{n % 7 + 1}@c.example"} for n, row in enumerate(patients())]
    mapping = drafted(survey({"staff": staff, "patients": rows}, tmp_path, keys={"staff": "staff_id"}))
    account = mapping.objects["staff"].parts[0]
    assert (account.target, account.match.by.from_ if account.match else "") == ("workspaceMember", "email")
    assert mapping.owners == {"person": "owner"}
    assert mapping.objects["patients"].parts[0].links["owner"].alias in account.aliases


def test_what_every_row_spells_out_is_one_record(tmp_path: Path) -> None:
    rows = [
        {**row, "clinic_name": f"Site {n % 3}", "clinic_city": "Kiel", "clinic_phone": f"617 555 010{n % 3}"}
        for n, row in enumerate(patients())
    ]
    mapping = drafted(survey({"patients": rows}, tmp_path))
    assert set(mapping.derived["clinic"].parts[0].fields) == {"name", "address", "companyPhones"} or set(
        mapping.derived["clinic"].parts[0].fields
    ) == {"name", "address", "phone"}
    assert mapping.objects["patients"].parts[0].links["clinic"].to == "~clinic"


def test_a_log_of_merges_is_read_as_one(tmp_path: Path) -> None:
    log = [{"merge_id": n, "old_no": 100 + n, "new_no": n, "merged_on": "2024-03-01"} for n in range(1, 9)]
    profile = survey({"patients": patients(), "chart_merges": log}, tmp_path, keys={"chart_merges": "merge_id"})
    merged = drafted(profile).objects["chart_merges"].merges
    assert merged is not None
    assert (merged.object, merged.loser[0].from_, merged.survivor[0].from_) == ("patients", "old_no", "new_no")


def test_a_log_that_does_not_say_who_stays_is_no_log_of_merges(tmp_path: Path) -> None:
    log = [{"merge_id": n, "chart_a": 100 + n, "chart_b": n} for n in range(1, 9)]
    profile = survey({"patients": patients(), "chart_merges": log}, tmp_path, keys={"chart_merges": "merge_id"})
    assert all(one.merges is None for one in drafted(profile).objects.values())


def prefixed() -> dict[str, list[dict[str, Any]]]:
    """Every column bears its table's prefix; all keys are numbers counted through."""
    return {
        "patient": [{"id": row["PatNo"], **_pt(row)} for row in patients()],
        "dentist": [{"id": n, "dtfname": f"D{'abcdef'[n]}", "dtlname": "Zab", "dttel": None} for n in range(1, 6)],
        "bill": [
            {"id": n, "bilpat": n % 20 + 1, "bilamt": 4.5, "biltyp": "ab"[n % 2], "bilrvwr": n % 5 + 1, "billvl": n % 4}
            for n in range(1, 61)
        ],
    }


def _pt(row: dict[str, Any]) -> dict[str, Any]:
    return {"ptfname": row["nm_first"], "ptlname": row["nm_last"], "ptdob": row["dob"], "ptmtel": row["tel"]}


def test_prefixes_before_columns_do_not_hide_what_they_are(tmp_path: Path) -> None:
    tables = prefixed()
    mapping = drafted(survey(tables, tmp_path, keys=dict.fromkeys(tables, "id")))
    patient, bill = mapping.objects["patient"].parts[0], mapping.objects["bill"].parts[0]
    assert {"name", "phones", "dateOfBirth"} <= set(patient.fields)
    assert [link.to for link in bill.links.values()] == ["patient"]
    assert "amount" in bill.fields


def test_a_small_number_alone_is_no_relation(tmp_path: Path) -> None:
    tables = prefixed()
    profile = survey(tables, tmp_path, keys=dict.fromkeys(tables, "id"))
    assert {(one.column, one.to) for one in profile.relations if one.object == "bill"} == {("bilpat", "patient")}
    (asked,) = (line for one in propose(profile) for line in one.doubtful if line.column == "bilrvwr")
    assert asked.confidence < THRESHOLD


def test_what_belongs_to_patients_is_not_the_patient(tmp_path: Path) -> None:
    letters = [{"letter_id": n, "patient_id": n % 20 + 1, "name": "Recall"} for n in range(1, 41)]
    seen = [{"visit_id": n, "patient_id": n % 20 + 1, "remark": "well"} for n in range(1, 41)]
    keys = {"patient_letters": "letter_id", "visits": "visit_id"}
    assert survey({"patient_letters": letters, "visits": seen}, tmp_path, keys=keys).relations == ()


def test_what_people_write_freely_is_no_choice(tmp_path: Path) -> None:
    rows = [{**row, "allergies": ("none", "latex")[n % 2]} for n, row in enumerate(patients())]
    mapping = drafted(survey({"patients": rows}, tmp_path))
    assert mapping.twenty["person"].fields["allergy"].type == "TEXT"


_NAMES = st.one_of(
    st.sampled_from(
        [
            "id",
            "name",
            "Name",
            "type",
            "status",
            "address",
            "currency",
            "index",
            "email",
            "Email_2",
            "phone",
            "first_name",
            "LName",
            "city",
            "state",
            "zip",
            "createdAt",
            "workspace",
            "member",
            "notes",
            "Note",
            "file",
            "path",
            "size",
            "owner",
            "assignee",
            "company",
            "person",
            "role",
            "user",
            "date",
            "amount",
            "fee",
            "is_new",
            "gebdat",
            "patient_id",
            "visit_type",
            "visit_id",
            "clinic_name",
            "clinic_city",
            "clinic_phone",
            "object",
            "total",
            "updated_at",
            "title",
            "1st",
            "old_no",
            "merged_into",
        ]
    ),
    st.text(min_size=1, max_size=12),
)
_TABLES = st.sampled_from(
    [
        "patients",
        "visits",
        "staff",
        "users",
        "notes",
        "documents",
        "claims",
        "invoices",
        "lead",
        "cases",
        "companies",
        "payers",
        "list",
        "orders",
        "äöü",
        "2024",
        "Task",
        "task",
        "person",
        "persons",
        "workflow",
        "appt_type",
        "emergency_contacts",
        "properties",
        "sessions",
        "chart_merges",
    ]
)
_VALUES = st.one_of(st.sampled_from(["Yes", "no", "1", "0", "Open", "open", "A,B", "A B", "-", "ß"]), st.text())
_COLUMNS = st.builds(
    Column,
    name=_NAMES,
    type=st.sampled_from(["text", "integer", "decimal", "boolean", "date", "datetime", "time", "json", "bytes"]),
    form=st.sampled_from(["", "email", "phone", "uuid", "html", "file", "list", "url", "digits10", "money", "npi"]),
    format=st.sampled_from(["", "%m/%d/%Y"]),
    filled=st.integers(0, 50),
    distinct=st.integers(0, 50),
    longest=st.integers(0, 80),
    wordy=st.sampled_from([0.0, 1.0]),
    values=st.lists(
        st.tuples(_VALUES, st.integers(5, 9)),
        max_size=4,
        unique_by=lambda one: one[0],
    ).map(tuple),
)


@st.composite
def _profiles(draw: st.DrawFn) -> Profile:
    objects = []
    for name in draw(st.lists(_TABLES, min_size=1, max_size=5, unique=True)):
        columns = tuple(draw(st.lists(_COLUMNS, max_size=8, unique_by=lambda one: one.name.casefold())))
        names = [one.name for one in columns]
        key = tuple(draw(st.lists(st.sampled_from(names), max_size=2, unique=True))) if names else ()
        objects.append(ObjectFacts(name=name, relation=name, key=key, rows=draw(st.integers(0, 50)), columns=columns))
    places = [(one.name, column.name) for one in objects for column in one.columns]
    pairs = draw(st.lists(st.tuples(st.sampled_from(places), st.sampled_from(places)), max_size=8)) if places else []
    relations = {
        child: Relation(
            object=child[0], column=child[1], to=parent[0], to_column=parent[1], declared=True, filled=50, matched=50
        )
        for child, parent in pairs
    }
    return Profile(
        system="sunrise",
        source=draw(st.sampled_from(["csv", "postgres"])),
        taken_at="2025-06-01",
        objects=tuple(objects),
        relations=tuple(relations.values()),
    )


@given(_profiles())
@settings(max_examples=60, deadline=None)
def test_any_draft_is_a_mapping_without_mistakes(profile: Profile) -> None:
    made = draft(propose(profile))
    if made.objects:
        parse_mapping(as_yaml("sunrise", made, Head()), "draft.yaml")
