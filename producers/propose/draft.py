"""A mapping drafted from proposals: what is certain enough, as the language of mappings has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from producers.propose.derived import carried
from producers.propose.kind import CUSTOM, MEMBER
from producers.propose.line import NOTHING, Line
from producers.propose.lines import ADDRESS
from producers.propose.merges import MERGES
from producers.propose.naming import (
    SOURCE_KEY,
    TwentyDraft,
    custom_object,
    field_name,
    inverse,
    object_name,
    source_name,
    spaced,
)
from producers.propose.proposal import THRESHOLD, ObjectProposal
from producers.propose.roles import role_of
from schemas.mapping.standard import STANDARD

_OF = {"name": "name", "homeAddress": "homeAddress", "address": "address"}
_TARGETS = {"task": "taskTarget", "note": "noteTarget"}
_TITLES = {"task": "title", "note": "title", "person": "", MEMBER: ""}


@dataclass(frozen=True, slots=True)
class Head:
    """What no source tells: the clinic's zone, its country and its currency."""

    zone: str = "America/New_York"
    region: str = "US"
    currency: str = "USD"


@dataclass(slots=True)
class DraftObject:
    """One object of the draft. parts: as the language has them. notes: (part, group, name) -> line that says why."""

    proposal: ObjectProposal
    name: str
    twenty: TwentyDraft
    parts: list[dict[str, Any]] = field(default_factory=list)
    derives: list[dict[str, Any]] = field(default_factory=list)
    notes: dict[tuple[int, str, str], Line] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DraftLog:
    """A log of merges. of: the object whose records it merges."""

    proposal: ObjectProposal
    name: str
    of: str

    @property
    def merges(self) -> dict[str, str]:
        return {"object": self.of, **{line.place: line.column for line in self.proposal.certain}}


@dataclass(slots=True)
class Draft:
    """twenty: objects of Twenty by name. objects: in the order of the source. derived: parts of derived records.

    logs: of merges. left: proposals that are only questions.
    """

    twenty: dict[str, TwentyDraft] = field(default_factory=dict)
    objects: list[DraftObject] = field(default_factory=list)
    derived: dict[str, dict[str, Any]] = field(default_factory=dict)
    logs: list[DraftLog] = field(default_factory=list)
    left: list[ObjectProposal] = field(default_factory=list)


def draft(proposals: Sequence[ObjectProposal]) -> Draft:
    made = Draft()
    for proposal in proposals:
        if proposal.kind.target == MERGES:
            continue
        if proposal.kind.target and proposal.kind.confidence >= THRESHOLD and proposal.key and _writable(proposal):
            made.objects.append(DraftObject(proposal, _free_name(made, proposal), _twenty(made, proposal)))
        else:
            made.left.append(proposal)
    _add_logs(made, [one for one in proposals if one.kind.target == MERGES])
    by_table = {one.proposal.facts.name: one for one in made.objects}
    for one in made.objects:
        _fill(one)
        for group in dict.fromkeys(line.group.key for line in one.proposal.certain if line.group):
            _derive(made, one, next(line for line in one.proposal.certain if line.group and line.group.key == group))
    for one in made.objects:
        for line in one.proposal.certain:
            if line.relation is not None and line.relation.to in by_table:
                _link(one, line, by_table[line.relation.to], made.twenty)
    return made


def _free_name(made: Draft, one: ObjectProposal) -> str:
    name = object_name(one.facts.name)
    while name in {other.name for other in made.objects} | {log.name for log in made.logs}:
        name += "_2"
    return name


def _add_logs(made: Draft, logs: Iterable[ObjectProposal]) -> None:
    patients = next((one for one in made.objects if _are_patients(one)), None)
    for one in logs:
        if patients is not None and one.key and len(patients.proposal.key) == 1:
            made.logs.append(DraftLog(one, _free_name(made, one), patients.name))
        else:
            made.left.append(one)


def _are_patients(one: DraftObject) -> bool:
    """Whether its rows are records of patients, and no fields of other records."""
    return one.proposal.kind.entity == "patient" and not one.proposal.kind.of


def _writable(one: ObjectProposal) -> bool:
    return one.kind.target != MEMBER or any(line.place == "userEmail" for line in one.certain)


def _twenty(made: Draft, one: ObjectProposal) -> TwentyDraft:
    if one.kind.target == CUSTOM:
        found = custom_object(one.facts.name, made.twenty)
    else:
        found = made.twenty.get(one.kind.target) or TwentyDraft(one.kind.target)
    if one.kind.target != MEMBER:
        found.fields.setdefault(SOURCE_KEY, {"type": "TEXT", "label": "Source system ID"})
    return made.twenty.setdefault(found.name, found)


# Fields


def _fill(one: DraftObject) -> None:
    part: dict[str, Any] = {"target": one.twenty.name}
    fields: dict[str, Any] = {}
    for line in one.proposal.certain:
        if line.relation is not None or line.group is not None or line.place == NOTHING:
            continue
        if line.field in ("currency", "match", "invited"):
            continue
        if line.field.startswith("file "):
            continue
        if not line.field:
            name = _declare(one, line)
            fields[name] = line.rule
        elif line.field in _OF and isinstance(line.rule, dict) and "from" not in line.rule:
            name = _composite(one, line)
            fields.setdefault(name, {"of": {}})["of"].update(_parted(one, line))
        else:
            name = line.field
            fields[name] = line.rule
        one.notes.setdefault((0, "fields", name), line)
    if one.twenty.name == MEMBER:
        part["match"] = _match(one)
    if one.proposal.kind.of:
        # always filled: a fragment that fills nothing is no record that others could be linked to
        name, label = field_name(one.twenty, f"{spaced(one.name)} ID".capitalize(), "TEXT", "", None)
        one.twenty.fields[name] = {"type": "TEXT", "label": label}
        fields[name] = one.proposal.key[0]
    elif one.proposal.kind.entity != "contact":
        _entitle(one, fields)
    if fields:
        part["fields"] = fields
    one.parts.append(part)
    _attach(one)


def _declare(one: DraftObject, line: Line) -> str:
    """Declares a custom field of Twenty, or takes the one that is there."""
    name, label = field_name(one.twenty, line.label, line.place, spaced(one.name), line.select)
    declared = one.twenty.fields.setdefault(name, {"type": line.place, "label": label})
    if line.select is not None:
        options = declared.setdefault("options", [])
        known = {option["value"] for option in options}
        options += [{"label": text, "value": v} for v, text in line.select.options.items() if v not in known]
    return name


def _composite(one: DraftObject, line: Line) -> str:
    """The field that an address or a name is a part of; Twenty has none for the address of a person."""
    if line.field in STANDARD.get(one.twenty.name, {}):
        return line.field
    one.twenty.fields.setdefault(line.field, {"type": "ADDRESS", "label": "Home address"})
    return line.field


def _parted(one: DraftObject, line: Line) -> dict[str, Any]:
    country = next((other.column for other in one.proposal.certain if other.place == "addressCountry"), None)
    judged = {"addressState": "state", "addressPostcode": "postcode"}
    found: dict[str, Any] = {}
    for place, column in line.rule.items():
        if place in judged:
            found[place] = {"from": column, "as": judged[place], **({"country": country} if country else {})}
        elif place == "addressCountry":
            found[place] = {"from": column, "as": "country_code"}
        else:
            found[place] = column
    return found


def _match(one: DraftObject) -> dict[str, Any]:
    """Whose account it is, by e-mail; and what the person is called, for the list of those to invite."""
    email = next(line.column for line in one.proposal.certain if line.place == "userEmail")
    named = [line.column for line in one.proposal.certain if line.field == "invited"]
    match: dict[str, Any] = {"field": "userEmail", "by": {"from": email, "as": "email"}}
    if named:
        match["name"] = {"join": named[:2]} if len(named) > 1 else named[0]
    return match


def _entitle(one: DraftObject, fields: dict[str, Any]) -> None:
    """Nothing in Twenty is to be without a name."""
    field_ = _TITLES.get(one.twenty.name, "name")
    if not field_ or field_ in fields:
        return
    label = spaced(one.name).capitalize()
    key = one.proposal.facts.key
    told = f"{label} {' '.join(f'{{{name}}}' for name in key)}" if key and all(map(str.isidentifier, key)) else ""
    fields[field_] = {"template": told} if told else {"constant": label}


def _attach(one: DraftObject) -> None:
    """The file of a document, on the note that stands for it."""
    columns = {
        line.field.removeprefix("file "): line.column for line in one.proposal.certain if line.field.startswith("file ")
    }
    place = columns.get("path") or columns.get("name")
    if one.twenty.name != "note" or not (place or "blob" in columns):
        return
    file: dict[str, Any] = {"path": place} if place and "blob" not in columns else {"blob": columns["blob"]}
    name = columns.get("name") or place
    if name is None:
        return
    file["name"] = name
    if "size" in columns and "blob" not in columns:
        file["size"] = columns["size"]
    when = {columns.get("blob") or place: "present"}
    one.parts.append(
        {
            "name": "file",
            "target": "attachment",
            "when": when,
            "fields": {"name": name},
            "within": {"note": ""},
            "attachment": file,
        }
    )


# Links


def _link(one: DraftObject, line: Line, to: DraftObject, twenty: Mapping[str, TwentyDraft]) -> None:
    relation = line.relation
    assert relation is not None
    if len(to.proposal.key) != 1 or (relation.to_column,) != to.proposal.key:
        reference = _by_alias(line, to)
    else:
        reference = {"to": to.name, "by": line.column}
    if reference is None:
        return
    kind, main, joint = one.proposal.kind, one.parts[0], _TARGETS.get(one.twenty.name)
    if "anchor" not in main and role_of(kind, relation, one.proposal.facts.rows):
        main["anchor"] = {**reference, "required": True}
        return
    if kind.entity == "contact":
        if to.proposal.kind.entity == "patient" and "anchor" not in main:
            main["anchor"] = {**reference, "required": True}
        return
    about_patient = to.proposal.kind.entity == "patient" and one.proposal.facts.name != relation.to
    if joint and about_patient and not any(part.get("name") == "target" for part in one.parts):
        one.parts.insert(
            1,
            {
                "name": "target",
                "target": joint,
                "when": {line.column: "present"},
                "within": {one.twenty.name: ""},
                "links": {"person": {**reference, "required": True}},
            },
        )
        one.notes[(1, "links", "person")] = line
        return
    name = _relation(one, line, to)
    if name is not None:
        required = about_patient and one.twenty.custom is not None and relation.filled == one.proposal.facts.rows
        main.setdefault("links", {})[name] = {**reference, **({"required": True} if required else {})}
        one.notes[(0, "links", name)] = line


def _derive(made: Draft, one: DraftObject, line: Line) -> None:
    """A company for each name that the rows spell out, and the relation to it."""
    group = line.group
    assert group is not None
    company = made.twenty.setdefault("company", TwentyDraft("company"))
    company.fields.setdefault(SOURCE_KEY, {"type": "TEXT", "label": "Source system ID"})
    name = source_name(group.name)
    while name in made.derived:
        name += "_2"
    fields: dict[str, Any] = {}
    carry: dict[str, str] = {}
    for short, column, told in carried(group):
        carry[short] = column.name
        if told.name == "name":
            fields["name"] = short
        elif told.name in ADDRESS:
            fields.setdefault("address", {"of": {}})["of"][ADDRESS[told.name]] = short
        else:
            kind = {"phone": "PHONES", "email": "EMAILS", "website": "LINKS"}.get(told.name, "TEXT")
            kind = "BOOLEAN" if column.type == "boolean" else kind
            label = short.replace("_", " ").capitalize()
            own, label = field_name(company, label, kind, spaced(name), None)
            company.fields.setdefault(own, {"type": kind, "label": label})
            fields[own] = short
    made.derived[name] = {"target": "company", "fields": fields}
    one.derives.append({"object": name, "key": group.key, "carry": carry})
    own, label = field_name(one.twenty, spaced(name).capitalize(), "RELATION", spaced(one.name), None)
    other = inverse(company, one.twenty.labels, label)
    one.twenty.fields[own] = {"type": "RELATION", "label": label, "to": "company", "inverse": other}
    one.parts[0].setdefault("links", {})[own] = {"to": f"~{name}", "by": group.key}
    one.notes[(0, "links", own)] = line


def _by_alias(line: Line, to: DraftObject) -> dict[str, Any] | None:
    """By the e-mail address, which the other record is then also known by."""
    assert line.relation is not None
    email = {"from": line.relation.to_column, "as": "email"}
    alias = f"{to.name}_email"
    to.parts[0].setdefault("aliases", {})[alias] = email
    return {"alias": alias, "by": {"from": line.column, "as": "email"}}


def _relation(one: DraftObject, line: Line, to: DraftObject) -> str | None:
    """The relation of Twenty's that holds it: a standard one while it is free, else one of our own."""
    used = one.parts[0].get("links", {})
    if to.twenty.name == MEMBER:
        name = {"task": "assignee", "company": "accountOwner"}.get(one.twenty.name, "owner")
        if one.twenty.name in ("note", MEMBER) or name in used:
            return None
        if name not in STANDARD.get(one.twenty.name, {}):
            if name in one.twenty.fields or name in one.twenty.inverses:
                return None
            one.twenty.owner = name
        return name
    standard = {("person", "company"): "company", ("opportunity", "person"): "pointOfContact",
                ("opportunity", "company"): "company"}.get((one.twenty.name, to.twenty.name))  # fmt: skip
    if standard and standard not in used and to.proposal.kind.entity != "payer":
        return standard
    name, label = field_name(one.twenty, line.label, "RELATION", spaced(one.name), None)
    one.twenty.fields[name] = {
        "type": "RELATION",
        "label": label,
        "to": to.twenty.name,
        "inverse": inverse(to.twenty, one.twenty.labels, label),
    }
    return name


def safe(one: DraftObject) -> list[str]:
    """Columns without patient data: change times, and choices in rows that are no patients."""
    found = [one.proposal.changed_at] if one.proposal.changed_at else []
    if one.proposal.kind.entity != "patient":
        found += [column.name for column in one.proposal.facts.columns if column.values and column.name not in found]
    return found


def excluded(lines: Iterable[Line], key: Sequence[str], changed_at: str | None) -> list[str]:
    """Columns that never leave the source."""
    return [line.column for line in lines if line.place == NOTHING and line.column not in (*key, changed_at)]
