"""The report for the clinic: one page that stands alone."""

from __future__ import annotations

from html.parser import HTMLParser

from producers.profile.facts import Column, Finding, ObjectFacts, Profile, Relation
from producers.profile.report import page

_VOID = {"meta", "br"}


class Outline(HTMLParser):
    """The elements of a page, checked for being closed, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def outline(profile: Profile) -> Outline:
    found = Outline()
    found.feed(page(profile))
    found.close()
    assert found.open == []
    return found


def profile(**more: object) -> Profile:
    sex = Column(name="sex", type="text", filled=9, distinct=2, values=(("<F>", 5), ("M & W", 4)))
    empty = Column(name="fax", type="text")
    patient = ObjectFacts(name="patient", relation="patients", key=("id",), rows=10, columns=(sex, empty), stale=4)
    values: dict[str, object] = {"objects": (patient,), "system": "sunrise", "source": "csv", "taken_at": "2025-06-01"}
    return Profile.model_validate({**values, **more})


def test_it_stands_alone() -> None:
    found = outline(profile())
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in found.seen}
    assert not any({"src", "href", "onclick"} & set(attributes) for _, attributes in found.seen)
    assert "url(" not in page(profile())
    assert "prefers-color-scheme: dark" in page(profile())


def test_what_it_shows_cannot_become_markup() -> None:
    found = outline(profile(system="<script>x</script>"))
    assert "script" not in {tag for tag, _ in found.seen}
    assert "<F> 5" in found.text
    assert "M & W 4" in found.text


def test_the_worst_comes_first() -> None:
    orphans = tuple(Finding(kind="orphan", object="visit", keys=(f"V{n}",), reference="patient_id") for n in range(150))
    duplicate = Finding(kind="duplicate", object="patient", keys=("1", "2"))
    relation = Relation(
        object="visit", column="patient_id", to="patient", to_column="id", declared=True, filled=200, matched=50
    )
    text = outline(profile(findings=(*orphans, duplicate), relations=(relation,))).text
    assert "patient: 2 records in 1 group" in text
    assert "visit: 150 records without the patient named in patient_id (150 missing)" in text
    assert "50 more are in the JSON" in text
    assert "25.0%" in text
    places = [text.index(title) for title in ("To decide", "Good to know", "Relations", "Objects")]
    assert places == sorted(places)
    assert "no activity in 24 months" in text
    assert "never filled: fax" in text


def test_it_reads_as_a_person_writes() -> None:
    findings = (
        Finding(kind="orphan", object="visit", keys=("7",), reference="patient_id"),
        Finding(kind="orphan", object="visit", keys=("8", "9"), reference="patient_id"),
        Finding(kind="orphan", object="visit", keys=("10",), reference="patient_id"),
        Finding(kind="cycle", object="patient", keys=("1", "2"), reference="guarantor"),
    )
    seen_on = Column(name="seen_on", type="datetime", filled=1, format="%m/%d/%Y %I:%M %p", patterns=(("99/99", 1),))
    changed = Column(name="changed", type="datetime", filled=1, patterns=(("text of several words", 1),))
    visit = ObjectFacts(name="visit", relation="visits", key=("id",), rows=1, columns=(seen_on, changed))
    relation = Relation(
        object="visit", column="patient_id", to="patient", to_column="id", declared=False, filled=4, matched=0
    )
    found = outline(
        profile(taken_at="2026-11-21T16:05:34+00:00", findings=findings, objects=(visit,), relations=(relation,))
    )
    assert "Read on 21 November 2026, 16:05 UTC." in found.text
    for said in (
        "1object", "1row", "2fields", "0possible duplicates", "1circle", "4orphans",
        "patient: 1 circle of 2 records by guarantor", "1 → 2 → 1",
        "visit: 4 records without the patient named in patient_id (3 missing)",
        "8, 9 all name the same", "7, 10 each name another",
        "visit: 1 row, 2 fields", "datetime MM/DD/YYYY hh:mm AM/PM",
    ):  # fmt: skip
        assert said in found.text, said
    assert "text of several words" not in found.text
