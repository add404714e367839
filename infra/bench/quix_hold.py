"""Hold's job in Quix Streams, as its users would write it: what infra.bench.hold compares with.

Run by `uv run --no-project --with quixstreams` (its pydantic does not go with ours): BOOTSTRAP PREFIX STATE_DIR.
Two stages over intermediate topics; keyed state in RocksDB; `concat` shares a stage's state between two topics.
"""

import json
import sys
from typing import Any

from quixstreams import Application, State, message_context
from quixstreams.models import JSONSerializer, SerializationContext, Serializer

Row = dict[str, Any]


class Body(JSONSerializer):  # type: ignore[misc]  # quixstreams is not installed here
    """Sends the body of an emission; its key is chosen by `to_topic`."""

    def __call__(self, value: Row, ctx: SerializationContext) -> bytes | str:
        return json.dumps(value["body"])


class Text(Serializer):  # type: ignore[misc]
    def __call__(self, value: Row, ctx: SerializationContext) -> bytes:
        return str(value["body"]).encode()


def leave(key: str, slot: Row) -> list[Row]:
    """What a record's slot allows to be sent now."""
    change = slot["change"]
    if change is None:
        return []
    missing = [parent for parent in change["parents"] if parent not in slot["known"]]
    if missing:
        return [{"to": "want", "key": parent, "body": key} for parent in missing]
    slot["change"] = None
    refs = {parent: slot["known"][parent] for parent in change["parents"]}
    return [{"to": "out", "key": key, "body": {"refs": refs, "body": change["body"]}}]


def by_child(topic_of_changes: str) -> Any:
    def stage(value: Row, key: str, _timestamp: int, _headers: Any, state: State) -> list[Row]:
        slot: Row = state.get("slot") or {"change": None, "known": {}}
        if message_context().topic == topic_of_changes:
            slot["change"] = value
        else:
            slot["known"][value["parent"]] = value["id"]
        emitted = leave(key, slot)
        state.set("slot", slot)
        return emitted

    return stage


def by_parent(topic_of_wants: str) -> Any:
    def stage(value: str, key: str, _timestamp: int, _headers: Any, state: State) -> list[Row]:
        twenty_id = state.get("id")
        if message_context().topic == topic_of_wants:
            if twenty_id:
                return [{"key": value, "body": {"parent": key, "id": twenty_id}}]
            waiting = state.get("waiting") or []
            if value not in waiting:
                state.set("waiting", [*waiting, value])
            return []
        state.set("id", value)
        waiting = state.get("waiting") or []
        state.set("waiting", [])
        return [{"key": child, "body": {"parent": key, "id": value}} for child in waiting]

    return stage


def main(bootstrap: str, prefix: str, state_dir: str) -> None:
    app = Application(
        broker_address=bootstrap,
        consumer_group=prefix,
        auto_offset_reset="earliest",
        state_dir=state_dir,
        commit_interval=1.0,
        loglevel="WARNING",
        consumer_poll_timeout=0.1,
        producer_extra_config={"linger.ms": 5},
    )
    keys: Row = {"key_serializer": "str", "key_deserializer": "str"}

    def topic(name: str, reads: str = "json", writes: Any = "json") -> Any:
        return app.topic(f"{prefix}-{name}", value_deserializer=reads, value_serializer=writes, **keys)

    changes, out = topic("in"), topic("out", writes=Body())
    wants, answers, identities = topic("want", "str", Text()), topic("have", writes=Body()), topic("ids", "str")
    children = app.dataframe(changes).concat(app.dataframe(answers))
    children = children.apply(by_child(changes.name), stateful=True, expand=True, metadata=True)
    children[children["to"] == "out"].to_topic(out, key=lambda emitted: emitted["key"])
    children[children["to"] == "want"].to_topic(wants, key=lambda emitted: emitted["key"])
    parents = app.dataframe(wants).concat(app.dataframe(identities))
    parents = parents.apply(by_parent(wants.name), stateful=True, expand=True, metadata=True)
    parents.to_topic(answers, key=lambda emitted: emitted["key"])
    app.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
