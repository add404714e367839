"""The topic catalogue: every topic, its key, its policy. One deployment serves one source system under one prefix."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Policy(StrEnum):
    KEEP = "keep"
    """Kept until the cutover is sealed, whatever its age."""
    COMPACT = "compact"
    PASSING = "passing"
    """Working messages; a day is plenty."""


_CONFIG: Mapping[Policy, Mapping[str, str]] = {
    Policy.KEEP: {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"},
    Policy.COMPACT: {"cleanup.policy": "compact", "retention.ms": "-1", "min.cleanable.dirty.ratio": "0.3"},
    Policy.PASSING: {"cleanup.policy": "delete", "retention.ms": "86400000"},
}


@dataclass(frozen=True, slots=True)
class TopicSpec:
    name: str
    partitions: int
    policy: Policy
    replication: int = 1
    config: Mapping[str, str] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, str]:
        return {"max.message.bytes": str(MAX_MESSAGE_BYTES), **_CONFIG[self.policy], **self.config}


MAX_MESSAGE_BYTES = 16 * 1024 * 1024
"""A clinic's largest note fits (the poison test sends 10 MB); attachments never travel in messages."""


@dataclass(frozen=True, slots=True)
class Topics:
    """Names under a prefix. ``partitions`` is the same for every data topic: a record's life is in one partition."""

    prefix: str
    system: str
    objects: tuple[str, ...]
    partitions: int = 4
    replication: int = 1

    def cdc(self, object_name: str) -> str:
        return f"{self.prefix}.cdc.{self.system}.{object_name}"

    @property
    def derived(self) -> str:
        return f"{self.prefix}.derived.{self.system}"

    @property
    def wants(self) -> str:
        return f"{self.prefix}.hold.wants"

    @property
    def answers(self) -> str:
        return f"{self.prefix}.hold.answers"

    @property
    def returns(self) -> str:
        return f"{self.prefix}.hold.returns"

    @property
    def live(self) -> str:
        return f"{self.prefix}.writes.live"

    @property
    def bulk(self) -> str:
        return f"{self.prefix}.writes.bulk"

    @property
    def identities(self) -> str:
        return f"{self.prefix}.identities"

    @property
    def audit(self) -> str:
        return f"{self.prefix}.audit"

    @property
    def dead_letters(self) -> str:
        return f"{self.prefix}.dead-letters"

    @property
    def checkpoints(self) -> str:
        return f"{self.prefix}.checkpoints"

    @property
    def control(self) -> str:
        return f"{self.prefix}.control"

    @property
    def leases(self) -> str:
        return f"{self.prefix}.leases"

    @property
    def changes(self) -> tuple[str, ...]:
        """Topics whose messages are units: one per source object, and the derived one."""
        return (*(self.cdc(name) for name in self.objects), self.derived)

    @property
    def hold_application(self) -> str:
        """Faust application id, which is also hold's consumer group and the prefix of its changelog topics."""
        return f"{self.prefix}.hold"

    @property
    def poller_group(self) -> str:
        return f"{self.prefix}.poller"

    @property
    def sink_group(self) -> str:
        return f"{self.prefix}.sink"

    def specs(self) -> tuple[TopicSpec, ...]:
        def data(names: Iterable[str], policy: Policy) -> list[TopicSpec]:
            return [TopicSpec(name, self.partitions, policy, self.replication) for name in names]

        def single(name: str, policy: Policy) -> TopicSpec:
            return TopicSpec(name, 1, policy, self.replication)

        return (
            *data((*self.changes, self.live, self.bulk, self.audit, self.dead_letters), Policy.KEEP),
            *data((self.identities,), Policy.COMPACT),
            *data((self.wants, self.answers, self.returns), Policy.PASSING),
            single(self.checkpoints, Policy.COMPACT),
            single(self.control, Policy.KEEP),
            single(self.leases, Policy.PASSING),
        )
