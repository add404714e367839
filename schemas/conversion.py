"""Records to and from the plain values that their Avro schemas describe."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from schemas.columns import value_from_avro
from schemas.records import (
    Alias,
    Attachment,
    AuditEvent,
    Checkpoint,
    Control,
    Flag,
    Identity,
    IdentityState,
    Lift,
    Link,
    Match,
    Merger,
    Operation,
    Outcome,
    Part,
    PartMode,
    RecordChange,
    Unit,
    Verdict,
    Version,
    Write,
    WriteKind,
)

Record = RecordChange | Write | Lift | Verdict | Identity | Alias | AuditEvent | Checkpoint | Control


def _version(value: Mapping[str, int]) -> Version:
    return Version(value["run"], value["epoch"], value["offset"], value["revision"])


def _unit(value: Mapping[str, Any]) -> Unit:
    return Unit(value["topic"], value["partition"], value["offset"])


def _unit_or_none(value: Any) -> Unit | None:
    # return_record_name wraps a record in a union as (name, body)
    return None if value is None else _unit(value[1] if isinstance(value, tuple) else value)


def _flags(value: list[Mapping[str, Any]]) -> tuple[Flag, ...]:
    return tuple(Flag(flag["field"], flag["reason"], flag["raw"]) for flag in value)


def _link_to_avro(link: Link) -> dict[str, Any]:
    return {
        "field": link.field,
        "token": link.token,
        "required": link.required,
        "twenty_id": link.twenty_id,
        "at": link.at,
    }


def _link(value: Mapping[str, Any]) -> Link:
    return Link(value["field"], value["token"], value["required"], value["twenty_id"], value["at"])


def _flag_to_avro(flag: Flag) -> dict[str, Any]:
    return {"field": flag.field, "reason": flag.reason, "raw": flag.raw}


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _merger_to_avro(merger: Merger | None) -> dict[str, str] | None:
    return {"loser": merger.loser, "survivor": merger.survivor, "at": merger.at} if merger else None


def _merger(value: Any) -> Merger | None:
    if value is None:
        return None
    body = value[1] if isinstance(value, tuple) else value
    return Merger(body["loser"], body["survivor"], body["at"])


def _part_to_avro(part: Part) -> dict[str, Any]:
    return {
        "name": part.name,
        "target": part.target,
        "mode": part.mode.value,
        "fields": _json(part.fields),
        "internal": part.internal,
        "links": [_link_to_avro(link) for link in part.links],
        "anchor": _link_to_avro(part.anchor) if part.anchor else None,
        "matches": [{"field": m.field, "value": m.value, "confirm": _json(m.confirm)} for m in part.matches],
        "aliases": part.aliases,
        "flags": [_flag_to_avro(flag) for flag in part.flags],
        "attachment": {
            "locator": part.attachment.locator,
            "name": part.attachment.name,
            "size": part.attachment.size,
            "content_type": part.attachment.content_type,
        }
        if part.attachment
        else None,
        "content_hash": part.content_hash,
        "unless": part.unless,
        "merger": _merger_to_avro(part.merger),
    }


def _part(value: Mapping[str, Any]) -> Part:
    attachment = value["attachment"]
    return Part(
        name=value["name"],
        target=value["target"],
        mode=PartMode(value["mode"]),
        fields=orjson.loads(value["fields"]),
        internal=value["internal"],
        links=tuple(_link(link) for link in value["links"]),
        anchor=_link(value["anchor"]) if value["anchor"] else None,
        matches=tuple(Match(m["field"], m["value"], orjson.loads(m["confirm"])) for m in value["matches"]),
        aliases=tuple(value["aliases"]),
        flags=_flags(value["flags"]),
        attachment=Attachment(attachment["locator"], attachment["name"], attachment["size"], attachment["content_type"])
        if attachment
        else None,
        content_hash=value["content_hash"],
        unless=value["unless"],
        merger=_merger(value["merger"]),
    )


def _change(value: Mapping[str, Any]) -> RecordChange:
    origin = value["origin_version"]
    return RecordChange(
        system=value["system"],
        object=value["object"],
        record_id=value["record_id"],
        operation=Operation(value["operation"]),
        record={name: value_from_avro(item) for name, item in value.get("record", {}).items()},
        captured_at=value["captured_at"],
        source_changed_at=value["source_changed_at"],
        run=value["run"],
        content_hash=value["content_hash"],
        origin_key=value["origin_key"],
        # return_record_name wraps a record in a union as (name, body)
        origin_version=_version(origin[1] if isinstance(origin, tuple) else origin) if origin else None,
    )


def _write_to_avro(write: Write) -> dict[str, Any]:
    return {
        "key": write.key,
        "kind": write.kind.value,
        "version": write.version._asdict(),
        "unit": write.unit._asdict(),
        "parts": [_part_to_avro(part) for part in write.parts],
        "source_changed_at": write.source_changed_at,
        "captured_at": write.captured_at,
        "repair": write.repair,
        "skip": write.skip,
    }


def _write(value: Mapping[str, Any]) -> Write:
    return Write(
        key=value["key"],
        kind=WriteKind(value["kind"]),
        version=_version(value["version"]),
        unit=_unit(value["unit"]),
        parts=tuple(_part(part) for part in value["parts"]),
        source_changed_at=value["source_changed_at"],
        captured_at=value["captured_at"],
        repair=value["repair"],
        skip=value["skip"],
    )


def _verdict_to_avro(verdict: Verdict) -> dict[str, Any]:
    return {
        "key": verdict.key,
        "unit": verdict.unit._asdict(),
        "version": verdict.version._asdict(),
        "outcome": verdict.outcome.value,
        "reason": verdict.reason,
        "flags": [_flag_to_avro(flag) for flag in verdict.flags],
        "source_changed_at": verdict.source_changed_at,
    }


def _verdict(value: Mapping[str, Any]) -> Verdict:
    return Verdict(
        key=value["key"],
        unit=_unit(value["unit"]),
        version=_version(value["version"]),
        outcome=Outcome(value["outcome"]),
        reason=value["reason"],
        flags=_flags(value["flags"]),
        source_changed_at=value["source_changed_at"],
    )


def _identity_to_avro(identity: Identity) -> dict[str, Any]:
    return {
        "key": identity.key,
        "part": identity.part,
        "target": identity.target,
        "twenty_id": identity.twenty_id,
        "version": identity.version._asdict(),
        "state": identity.state.value,
        "mode": identity.mode.value,
        "content_hash": identity.content_hash,
        "links": identity.links,
        "links_at": identity.links_at,
        "owned": identity.owned,
        "unique": identity.unique,
        "aliases": identity.aliases,
        "twenty_updated_at": identity.twenty_updated_at,
        "origin": identity.origin.value,
        "awaiting": identity.awaiting._asdict() if identity.awaiting else None,
        "uploaded": identity.uploaded,
        "written": identity.written,
        "edits": identity.edits,
        "message": identity.message._asdict() if identity.message else None,
        "merger": _merger_to_avro(identity.merger),
        "retired": identity.retired,
        "via": identity.via,
        "in_doubt": identity.in_doubt,
        "missed": list(identity.missed),
    }


def _identity(value: Mapping[str, Any]) -> Identity:
    return Identity(
        key=value["key"],
        part=value["part"],
        target=value["target"],
        twenty_id=value["twenty_id"],
        version=_version(value["version"]),
        state=IdentityState(value["state"]),
        mode=PartMode(value["mode"]),
        content_hash=value["content_hash"],
        links=value["links"],
        links_at=value["links_at"],
        owned=tuple(value["owned"]),
        unique=tuple(value["unique"]),
        aliases=tuple(value["aliases"]),
        twenty_updated_at=value["twenty_updated_at"],
        origin=Outcome(value["origin"]),
        awaiting=_unit(value["awaiting"]) if value["awaiting"] else None,
        uploaded=value["uploaded"],
        written=value["written"],
        edits=value["edits"],
        message=_unit_or_none(value["message"]),
        merger=_merger(value["merger"]),
        retired=value["retired"],
        via=value["via"],
        in_doubt=value["in_doubt"],
        missed=tuple(value["missed"]),
    )


def _alias_to_avro(alias: Alias) -> dict[str, Any]:
    return {
        "alias": alias.alias,
        "key": alias.key,
        "part": alias.part,
        "twenty_id": alias.twenty_id,
        "version": alias.version._asdict(),
        "live": alias.live,
    }


def _alias(value: Mapping[str, Any]) -> Alias:
    return Alias(
        value["alias"], value["key"], value["part"], value["twenty_id"], _version(value["version"]), value["live"]
    )


def _audit_to_avro(event: AuditEvent) -> dict[str, Any]:
    return {
        "unit": event.unit._asdict(),
        "key": event.key,
        "part": event.part,
        "parts": event.parts,
        "version": event.version._asdict(),
        "outcome": event.outcome.value,
        "decided_at": event.decided_at,
        "target": event.target,
        "twenty_id": event.twenty_id,
        "reason": event.reason,
        "flags": [_flag_to_avro(flag) for flag in event.flags],
        "before": None if event.before is None else _json(event.before),
        "after": None if event.after is None else _json(event.after),
        "source_changed_at": event.source_changed_at,
        "captured_at": event.captured_at,
        "request_id": event.request_id,
        "previous": event.previous,
        "digest": event.digest,
    }


def _audit(value: Mapping[str, Any]) -> AuditEvent:
    return AuditEvent(
        unit=_unit(value["unit"]),
        key=value["key"],
        part=value["part"],
        parts=tuple(value["parts"]),
        version=_version(value["version"]),
        outcome=Outcome(value["outcome"]),
        decided_at=value["decided_at"],
        target=value["target"],
        twenty_id=value["twenty_id"],
        reason=value["reason"],
        flags=_flags(value["flags"]),
        before=None if value["before"] is None else orjson.loads(value["before"]),
        after=None if value["after"] is None else orjson.loads(value["after"]),
        source_changed_at=value["source_changed_at"],
        captured_at=value["captured_at"],
        request_id=value["request_id"],
        previous=value["previous"],
        digest=value["digest"],
    )


def _checkpoint_to_avro(checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        "source": checkpoint.source,
        "object": checkpoint.object,
        "format": checkpoint.format,
        "position": _json(checkpoint.position),
        "at": checkpoint.at,
    }


def _checkpoint(value: Mapping[str, Any]) -> Checkpoint:
    return Checkpoint(value["source"], value["object"], value["format"], orjson.loads(value["position"]), value["at"])


def _control_to_avro(control: Control) -> dict[str, Any]:
    return {"kind": control.kind, "subject": control.subject, "value": _json(control.value), "at": control.at}


def _control(value: Mapping[str, Any]) -> Control:
    return Control(value["kind"], value["subject"], orjson.loads(value["value"]), value["at"])


TO_AVRO: dict[type[Any], Callable[[Any], dict[str, Any]]] = {
    Write: _write_to_avro,
    Lift: lambda lift: {"key": lift.key},
    Verdict: _verdict_to_avro,
    Identity: _identity_to_avro,
    Alias: _alias_to_avro,
    AuditEvent: _audit_to_avro,
    Checkpoint: _checkpoint_to_avro,
    Control: _control_to_avro,
}
FROM_AVRO: dict[str, Callable[[Mapping[str, Any]], Record]] = {
    "RecordChange": _change,
    "Write": _write,
    "Lift": lambda value: Lift(value["key"]),
    "Verdict": _verdict,
    "Identity": _identity,
    "Alias": _alias,
    "AuditEvent": _audit,
    "Checkpoint": _checkpoint,
    "Control": _control,
}
