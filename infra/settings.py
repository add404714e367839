"""The settings file, and the environment that overrides it.

Secrets come from the environment or from files named in the settings; they are never printed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import MarkedYAMLError

from infra.sources.settings import TAGS, CsvSection, SourceSection
from schemas.broker import KafkaSettings
from schemas.mapping import SystemMapping
from schemas.topics import Topics
from sinks.budget import COST_OF_OTHERS
from sinks.timetable import Hours

ENVIRONMENT: Mapping[str, tuple[str, ...]] = {
    "DUALRUN_KAFKA_BOOTSTRAP_SERVERS": ("kafka", "bootstrap_servers"),
    "DUALRUN_KAFKA_REGISTRY_URL": ("kafka", "registry_url"),
    "DUALRUN_SOURCE_URL": ("source", "url"),
    "DUALRUN_SOURCE_TOKEN": ("source", "auth", "token"),
    "DUALRUN_SOURCE_CLIENT_SECRET": ("source", "auth", "client_secret"),
    "DUALRUN_TWENTY_URL": ("twenty", "url"),
    "DUALRUN_TWENTY_API_KEY": ("twenty", "api_key"),
    "DUALRUN_TWENTY_WEBHOOK_SECRET": ("twenty", "webhook", "secret"),
    "DUALRUN_FALLBACK_OWNER": ("twenty", "fallback_owner"),
}


class SettingsError(ValueError):
    """What is wrong in which file or variable, what was expected, what to do."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_Loaded = TypeVar("_Loaded", bound=_Section)


class KafkaSection(_Section):
    bootstrap_servers: str
    registry_url: str | None = None
    partitions: Annotated[int, Field(ge=1, le=256)] = 4
    replication: Annotated[int, Field(ge=1, le=5)] = 1
    security: dict[str, str] = {}
    """librdkafka settings for TLS and SASL (``security.protocol``, ``sasl.username``, …)."""


def _hours(written: Any) -> tuple[Hours, ...]:
    return tuple(Hours.parse(str(one)) for one in (written if isinstance(written, list) else [written]))


OpenHours = Annotated[tuple[Hours, ...], BeforeValidator(_hours)]


class TimetableSection(_Section):
    """Hours such as ``22:00-06:00``, or a list of them, on the clinic's clock (the mapping's ``zone``)."""

    bulk: OpenHours = ()
    """When the backlog of a full run may go; live changes go at any hour."""
    uploads: OpenHours = ()
    """When files may be uploaded."""


class WebhookSection(_Section):
    listen: Annotated[str, Field(pattern=r".+:\d+")]
    """``host:port``; Twenty calls ``http://host:port/twenty/webhook``."""
    secret: Annotated[SecretStr, Field(min_length=1)]
    """As it was given to Twenty with the webhook: a call that is not signed with it is refused."""


class SideEffectsSection(_Section):
    acknowledged: tuple[str, ...] = ()
    """Ids of workflows and webhooks that may react to what is written."""


class TwentySection(_Section):
    url: str
    api_key: SecretStr
    workspace: str = "default"
    """Names the sender's transactional id: the same for every process that writes to this workspace."""
    public_url: str | None = None
    """Where people open Twenty, for links to record pages; ``url`` unless it differs."""
    requests: Annotated[int, Field(ge=1)] = 100
    window_seconds: Annotated[float, Field(gt=0)] = 60
    reserve: Annotated[int, Field(ge=0)] = 0
    """Requests per window that other integrations of the workspace may send; each costs us two of ours."""
    timetable: TimetableSection = TimetableSection()
    batch: Annotated[int, Field(ge=1, le=200)] = 60
    timeout_seconds: Annotated[float, Field(gt=0)] = 30
    fallback_owner: str | None = None
    """E-mail of the member who answers for records whose own owner is not known or has no account yet."""
    members_seconds: Annotated[float, Field(gt=0)] = 60
    """How often the members are read while somebody without an account is awaited."""
    edits_seconds: Annotated[float, Field(gt=0)] = 60
    """How often Twenty is asked what others have edited: one request for each object, when nothing else is to do."""
    webhook: WebhookSection | None = None
    side_effects: SideEffectsSection = SideEffectsSection()

    @model_validator(mode="after")
    def _leaves_something(self) -> Self:
        if COST_OF_OTHERS * self.reserve >= self.requests:
            raise ValueError(
                f"a reserve of {self.reserve} takes {COST_OF_OTHERS * self.reserve} of {self.requests} requests and"
                f" leaves none: set reserve to less than half of requests"
            )
        return self


class HoldSection(_Section):
    grace_seconds: Annotated[float, Field(ge=0)] = 2
    """How long a record waits for an optional parent before it goes out without it."""
    park_seconds: Annotated[float, Field(ge=0)] = 30


class Settings(_Section):
    """One deployment: one source system, one prefix, one workspace."""

    system: str
    """A mapping in ``schemas/mappings`` by name, or the path of one."""
    kafka: KafkaSection
    source: SourceSection
    drops: CsvSection | None = None
    """Files beside the source: the objects that it names come from there (a dump of attachments with its manifest)."""
    twenty: TwentySection
    hold: HoldSection = HoldSection()
    prefix: str = "dualrun"
    documents: Path | None = None
    """Directory that ``file:`` locators of attachments are relative to."""
    decisions: Path | None = None
    """What a person decided about duplicates, circles and orphans: see docs/decisions.md."""
    data_dir: Path = Path(".dualrun")

    def broker(self) -> KafkaSettings:
        return KafkaSettings(self.kafka.bootstrap_servers, self.kafka.security)

    def topics(self, mapping: SystemMapping) -> Topics:
        return Topics(
            self.prefix,
            mapping.system,
            tuple(source.name for source in mapping.sources),
            self.kafka.partitions,
            self.kafka.replication,
        )


class SourceSettings(_Section):
    """What it takes to look at a source: nothing has to be known yet of Kafka and of Twenty."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    system: str
    """As in ``Settings``, or a name for which there is no mapping yet."""
    source: SourceSection
    drops: CsvSection | None = None
    documents: Path | None = None
    data_dir: Path = Path(".dualrun")


def load_settings(path: Path | None, environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from ``path`` (or nothing) with the environment laid over them.

    ``NAME_FILE`` names a file that holds the value of ``NAME``. Raises SettingsError naming file, line and setting.
    """
    return _load(Settings, path, environment)


def load_source_settings(path: Path | None, environment: Mapping[str, str] | None = None) -> SourceSettings:
    """As ``load_settings``, of a file that may hold the rest or not."""
    return _load(SourceSettings, path, environment)


def _load(model: type[_Loaded], path: Path | None, environment: Mapping[str, str] | None) -> _Loaded:
    values, lines = _read(path) if path else ({}, {})
    origin = str(path) if path else "the environment"
    for name, (*sections, key) in ENVIRONMENT.items():
        value = _from_environment(name, os.environ if environment is None else environment)
        if value is not None:
            section = values
            for step in sections:
                section = section.setdefault(step, {})
            section[key] = value
    try:
        return model.model_validate(values)
    except ValidationError as error:
        found = []
        for problem in error.errors(include_input=False, include_url=False):
            place = tuple(step for step in problem["loc"] if step not in TAGS)
            setting = ".".join(str(step) for step in place)
            line = lines.get(place) or lines.get(place[:-1])
            where = f"{origin}:{line}" if line else origin
            found.append(f"{where}: {setting}: {problem['msg']}{_hint(place)}")
        raise SettingsError("\n".join(found)) from None


def _hint(place: tuple[int | str, ...]) -> str:
    for name, setting in ENVIRONMENT.items():
        if setting == place:
            return f" (or set {name})"
    return ""


def _from_environment(name: str, environment: Mapping[str, str]) -> str | None:
    if name in environment:
        return environment[name]
    file = environment.get(f"{name}_FILE")
    if file is None:
        return None
    try:
        return Path(file).read_text().strip()
    except OSError as error:
        raise SettingsError(f"{name}_FILE names {file}, which cannot be read: {error.strerror}") from None


def _read(path: Path) -> tuple[dict[str, Any], dict[tuple[int | str, ...], int]]:
    try:
        document = YAML().load(path.read_text())
    except OSError as error:
        raise SettingsError(
            f"{path}: cannot be read: {error.strerror}. Copy docs/settings.yaml to begin with"
        ) from None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SettingsError(f"{path}:{line}: not YAML: {error.problem}") from None
    if not isinstance(document, dict):
        raise SettingsError(f"{path}:1: expected settings such as `system: clinic_place`")
    lines: dict[tuple[int | str, ...], int] = {}

    def walk(node: Any, place: tuple[int | str, ...]) -> Any:
        if not isinstance(node, dict):
            return node
        if isinstance(node, CommentedMap):
            lines.update({(*place, key): node.lc.key(key)[0] + 1 for key in node})
        return {key: walk(value, (*place, key)) for key, value in node.items()}

    return walk(document, ()), lines
