"""The list of invitations, and the settings that a run with owners needs."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.owners import Invitation, invitations, matched_parts
from infra.settings import Settings, SettingsError
from infra.wiring import Deployment
from schemas.codec import Codec
from schemas.keys import alias_key, part_key
from schemas.mapping import load_mapping, parse_mapping, requirements
from schemas.mapping.document import BUILT_IN, MappingError
from schemas.records import Operation, RecordChange
from tests.tiny import HEAD

MAPPING = load_mapping("clinic_place")
MEMBERS = [{"id": "m", "userEmail": "here@clinic.test"}]


def staff(number: int, email: str | None, first: str = "Ann") -> RecordChange:
    row = {"staff_id": f"S-{number}", "email": email, "first_name": first, "last_name": "Lee"}
    return RecordChange("clinic_place", "staff", f"S-{number}", Operation.SNAPSHOT, row, datetime.now(UTC))


def test_whoever_has_no_account_is_listed_most_waited_for_first() -> None:
    rows = [staff(1, " Here@Clinic.test"), staff(2, "new@clinic.test"), staff(3, "busy@clinic.test", "Bo")]
    waiting = Counter({part_key(rows[2].key, ""): 7, part_key(rows[0].key, ""): 9})
    assert invitations(matched_parts(MAPPING), rows, MEMBERS, waiting) == [
        Invitation("busy@clinic.test", "Bo Lee", (rows[2].key,), 7),
        Invitation("new@clinic.test", "Ann Lee", (rows[1].key,), 0),
    ]


def test_two_records_of_one_e_mail_are_one_invitation() -> None:
    rows = [staff(1, "new@clinic.test"), staff(2, "NEW@clinic.test")]
    waiting = {part_key(row.key, ""): 2 for row in rows}
    (one,) = invitations(matched_parts(MAPPING), rows, MEMBERS, waiting)
    assert (one.waiting, one.records) == (4, (rows[0].key, rows[1].key))


def test_records_that_name_her_by_an_alias_wait_for_her_too() -> None:
    text = (BUILT_IN / "clinic_place.yaml").read_text()
    known = "      - target: workspaceMember\n"
    aliased = text.replace(known, f"{known}        aliases: {{member: [{{from: email, as: email}}]}}\n")
    row = staff(1, "New@clinic.test")
    waiting = {alias_key("clinic_place", "member", "new@clinic.test"): 5, part_key(row.key, ""): 2}
    (one,) = invitations(matched_parts(parse_mapping(aliased, "c.yaml")), [row], MEMBERS, waiting)
    assert one.waiting == 7


@pytest.mark.parametrize("email", [None, " ", "no address"])
def test_people_without_a_usable_e_mail_are_listed_each(email: str | None) -> None:
    found = invitations(matched_parts(MAPPING), [staff(1, email), staff(2, email)], MEMBERS, {})
    assert [(one.email, len(one.records)) for one in found] == [("", 1), ("", 1)]


def deployment(fallback: str | None) -> Deployment:
    settings = Settings.model_validate(
        {
            "system": "clinic_place",
            "kafka": {"bootstrap_servers": "k:1"},
            "source": {"url": "postgresql://x"},
            "twenty": {"url": "http://t", "api_key": "k", "fallback_owner": fallback},
        }
    )
    return Deployment(settings, MAPPING, settings.topics(MAPPING), settings.broker(), Codec())


def test_a_run_without_a_fallback_owner_is_refused_and_says_why() -> None:
    assert deployment(" Lead@Clinic.test").fallback_owner() == "lead@clinic.test"
    for nobody in (None, "  "):
        with pytest.raises(SettingsError, match=r"twenty\.fallback_owner is not set.*company, coverage"):
            deployment(nobody).fallback_owner()


def test_the_sink_and_the_full_run_ask_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from infra.cli import components, run

    one = deployment(None)
    monkeypatch.setattr(Deployment, "load", classmethod(lambda cls, path: one))
    monkeypatch.setattr(components, "announce", lambda *_: "i")
    with pytest.raises(SettingsError, match="fallback_owner"):
        components.sink()
    with pytest.raises(SettingsError, match="fallback_owner"):
        run.run(Path("settings.yaml"))


def test_an_owner_is_provisioned_where_the_object_has_none() -> None:
    needed = {one.name_singular: {field.name: field for field in one.fields} for one in requirements(MAPPING)}
    for name in ("person", "coverage", "payment"):
        owner = needed[name]["owner"]
        assert owner.type == "RELATION" and owner.relation is not None
        assert (owner.relation.target, owner.relation.inverse_label.startswith("Owned ")) == ("workspaceMember", True)
    assert "assignee" not in needed["task"] and "accountOwner" not in needed["company"]


TINY = (
    HEAD
    + """\
twenty:
  person:
    owner: OWNER
    fields:
      sourceSystemId: {type: TEXT, label: Source system ID}
objects:
  patient:
    source: {relation: patients, key: [id]}
    parts:
      - {target: person, fields: {jobTitle: job}, links: {OWNER: {to: doctor, by: doctor_id}}}
  doctor:
    source: {relation: doctors, key: [id]}
    parts:
      - {target: workspaceMember, match: {field: userEmail, by: email}}
"""
)


def test_an_owner_may_be_linked_to_a_member() -> None:
    assert parse_mapping(TINY.replace("OWNER", "carer"), "t.yaml").owners == {"person": "carer"}


@pytest.mark.parametrize("name", ["company", "position", "jobTitle"])
def test_an_owner_that_is_no_relation_to_a_member_is_a_mistake(name: str) -> None:
    with pytest.raises(MappingError, match=r"^t\.yaml:9: twenty\.person\.owner: .* is no relation to a"):
        parse_mapping(TINY.replace("OWNER", name), "t.yaml")
