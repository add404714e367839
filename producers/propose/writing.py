"""A draft as a mapping file: every line with its confidence, every doubt as a question above the object."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from producers.propose.draft import Draft, DraftLog, DraftObject, Head, excluded, safe
from producers.propose.line import QUESTION, Line
from producers.propose.naming import SOURCE_KEY
from producers.propose.proposal import ObjectProposal

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:[ ./][A-Za-z0-9_]+)*")
_HEAD = """\
Drafted from a profile, for a person to confirm line by line. The number behind a line is how sure the draft is of it;
what it is not sure of is asked in a comment and left out.
? zone, region, currency: no source tells them. Are these the clinic's?"""


def as_yaml(system: str, made: Draft, head: Head) -> str:
    """The text of the mapping file."""
    tree = CommentedMap(
        system=system,
        revision=1,
        zone=head.zone,
        region=head.region,
        currency=head.currency,
        source_key_field=SOURCE_KEY,
    )
    tree["twenty"] = CommentedMap(
        (name, _twenty(one.custom, one.owner, one.fields)) for name, one in made.twenty.items()
    )
    objects = tree["objects"] = CommentedMap()
    for one in made.objects:
        objects[one.name] = _object(one)
        asked = [*_questions(one.proposal.doubtful)]
        said = f"{one.proposal.kind.confidence:.2f} {one.proposal.kind.why}"
        objects.yaml_set_comment_before_after_key(one.name, before="\n".join(map(_comment, (said, *asked))), indent=2)
    for log in made.logs:
        objects[log.name] = _log(log)
        said = f"{log.proposal.kind.confidence:.2f} {log.proposal.kind.why}"
        objects.yaml_set_comment_before_after_key(log.name, before=_comment(said), indent=2)
    if made.derived:
        tree["derived"] = CommentedMap(
            (name, CommentedMap(parts=CommentedSeq([_fields_of(part)]))) for name, part in made.derived.items()
        )
    tree.yaml_set_start_comment(_HEAD + "\n")
    text = io.StringIO()
    yaml = YAML()
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(tree, text)
    text.writelines(f"# {_comment(line)}\n" for one in made.left for line in _left(one))
    return text.getvalue()


def _twenty(custom: tuple[str, str, str] | None, owner: str, fields: Mapping[str, Mapping[str, Any]]) -> CommentedMap:
    found = CommentedMap()
    if custom is not None:
        found["custom"] = _flow({"plural": custom[0], "label": custom[1], "labels": custom[2]})
    if owner:
        found["owner"] = owner
    found["fields"] = CommentedMap((name, _flow(one)) for name, one in fields.items())
    return found


def _object(one: DraftObject) -> CommentedMap:
    found = _read(one.proposal)
    if safe(one):
        found["safe"] = _flow(safe(one))
    if one.derives:
        found["derives"] = CommentedSeq(map(_flow, one.derives))
    found["parts"] = CommentedSeq(_part(one, number, part) for number, part in enumerate(one.parts))
    return found


def _log(one: DraftLog) -> CommentedMap:
    found = _read(one.proposal)
    found["merges"] = _flow(one.merges)
    return found


def _read(proposal: ObjectProposal) -> CommentedMap:
    """How an object is read from the source."""
    source: dict[str, Any] = {"relation": proposal.facts.relation, "key": list(proposal.key)}
    if proposal.changed_at:
        source["changed_at"] = proposal.changed_at
    hidden = excluded(proposal.certain, proposal.key, proposal.changed_at)
    if hidden:
        source["exclude"] = hidden
    found = CommentedMap(source=_flow(source))
    found.yaml_add_eol_comment(f"key: {proposal.key_confidence:.2f}", "source")
    return found


def _part(one: DraftObject, number: int, part: Mapping[str, Any]) -> CommentedMap:
    found = CommentedMap()
    for key, value in part.items():
        if key not in ("fields", "links"):
            found[key] = _flow(value)
            continue
        group = found[key] = CommentedMap()
        for name, rule in value.items():
            group[name] = _flow(rule)
            line = one.notes.get((number, key, name))
            if line is not None:
                group.yaml_add_eol_comment(_comment(f"{line.confidence:.2f} {line.why}"), name)
    return found


def _fields_of(part: Mapping[str, Any]) -> CommentedMap:
    fields = CommentedMap((name, _flow(rule)) for name, rule in part["fields"].items())
    return CommentedMap(target=part["target"], fields=fields)


def _flow(value: Any) -> Any:
    if isinstance(value, Mapping):
        made = CommentedMap((_quoted(name), _flow(inner)) for name, inner in value.items())
        made.fa.set_flow_style()
        return made
    if isinstance(value, list):
        listed = CommentedSeq(map(_flow, value))
        listed.fa.set_flow_style()
        return listed
    return _quoted(value) if isinstance(value, str) else value


def _quoted(text: str) -> str:
    """Names and values of a source can be anything; what is not plainly a word is written in quotes."""
    return text if _WORD.fullmatch(text) else DoubleQuotedScalarString(text)


def _comment(text: str) -> str:
    """On one line, of characters that a YAML file may hold."""
    return "".join(one if one.isprintable() else " " for one in text)


def _questions(lines: Iterable[Line]) -> Iterable[str]:
    for line in lines:
        told = f" {line.place} ({line.confidence:.2f})?" if line.place != QUESTION else ""
        yield f"? {line.column}:{told} {line.why}"


def _left(one: ObjectProposal) -> Iterable[str]:
    into = f" as {one.kind.target} ({one.kind.confidence:.2f})?" if one.kind.target else " is left out:"
    yield f"? {one.facts.name}{into} {one.kind.why}"
