"""What the components of one deployment share, from the settings file."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.settings import Settings, SettingsError, load_settings
from infra.sources.build import build, now
from producers.source import Source
from producers.views import Views
from schemas.broker import KafkaSettings
from schemas.codec import Codec
from schemas.decisions import NO_DECISIONS, Decisions, check_decisions
from schemas.mapping import SystemMapping, load_mapping
from schemas.source import SourceObject
from schemas.topics import Topics


@dataclass(frozen=True, slots=True)
class Deployment:
    """Everything that the components of one deployment share."""

    settings: Settings
    mapping: SystemMapping
    topics: Topics
    kafka: KafkaSettings
    codec: Codec
    decisions: Decisions = NO_DECISIONS

    @classmethod
    def load(cls, path: Path | None) -> Deployment:
        """Raises SettingsError, MappingError or DecisionsError, each with file and line."""
        settings = load_settings(path)
        mapping = load_mapping(settings.system)
        decisions = check_decisions(settings.decisions, mapping) if settings.decisions else NO_DECISIONS
        return cls(settings, mapping, settings.topics(mapping), settings.broker(), _codec(settings), decisions)

    def fallback_owner(self) -> str:
        """The e-mail of who answers for a record without an owner; empty where the mapping has no owners.

        Raises SettingsError where it has, and the settings name nobody: no record is written without an owner.
        """
        email = (self.settings.twenty.fallback_owner or "").strip().lower()
        if self.mapping.owners and not email:
            objects = ", ".join(sorted(self.mapping.owners))
            raise SettingsError(
                f"twenty.fallback_owner is not set, and the mapping gives an owner to {objects}: name the e-mail of a"
                " workspace member who answers for records whose own owner has no account (dualrun owners lists those)"
            )
        return email

    def sources(self) -> tuple[Source, tuple[SourceObject, ...], Mapping[str, Source]]:
        """The source, all objects as the poller sees them, and those that come from elsewhere with their source.

        Raises SettingsError where the settings name objects that the mapping does not have.
        """
        settings, work = self.settings, self.settings.data_dir / "drops"
        by_name = {what.name: what for what in self.mapping.sources}
        exported = {what.name for what in self.mapping.exported}
        for place, section in (("source", settings.source), ("drops", settings.drops)):
            unknown = set(getattr(section, "objects", {})) - set(by_name) - exported
            if unknown:
                raise SettingsError(
                    f"{place}.objects: {', '.join(sorted(unknown))}: the mapping has no such object, it has"
                    f" {', '.join(sorted(by_name))}"
                )
            for name, one in getattr(section, "objects", {}).items():
                if getattr(one, "manifest", None) is not None and settings.documents is None:
                    raise SettingsError(
                        f"{place}.objects.{name}.manifest: its files lie below documents:, which is not set"
                    )
        apart = set(settings.drops.objects) & set(by_name) if settings.drops else set()
        views = {name for name, what in by_name.items() if what.view}
        if settings.source.kind != "postgres":
            for name in [name for name, what in by_name.items() if what.query and name not in apart]:
                raise SettingsError(f"{name}: its query needs a database: over files and lists, write it as a `view`")
        mine = [what for name, what in by_name.items() if name not in apart | views]
        source, objects = build(settings.source, mine, work=work / "source", documents=settings.documents)
        beside: dict[str, Source] = {}
        if settings.drops is not None:
            theirs = [what for name, what in by_name.items() if name in apart]
            other, more = build(settings.drops, theirs, work=work / "beside", documents=settings.documents)
            objects, beside = (*objects, *more), {what.name: other for what in more}
        if views:
            over = Views(work / "views", tuple(by_name.values()), clock=now, monotonic=time.monotonic)
            objects = (*objects, *(by_name[name] for name in by_name if name in views))
            beside |= dict.fromkeys(views, over)
        return source, objects, beside


def _codec(settings: Settings) -> Codec:
    if settings.kafka.registry_url is None:
        return Codec()
    # its client takes half a second to load, and few deployments have a registry
    from schemas.registry import SchemaRegistry

    return Codec(SchemaRegistry(settings.kafka.registry_url))
