"""What the components of one deployment share, from the settings file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from infra.settings import Settings, SettingsError, load_settings
from schemas.broker import KafkaSettings
from schemas.codec import Codec
from schemas.mapping import Mapping, load_mapping
from schemas.topics import Topics


@dataclass(frozen=True, slots=True)
class Deployment:
    """Everything that the components of one deployment share."""

    settings: Settings
    mapping: Mapping
    topics: Topics
    kafka: KafkaSettings
    codec: Codec

    @classmethod
    def load(cls, path: Path | None) -> Deployment:
        """Raises SettingsError or MappingError, each with file and line."""
        settings = load_settings(path)
        mapping = load_mapping(settings.system)
        return cls(settings, mapping, settings.topics(mapping), settings.broker(), _codec(settings))

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


def _codec(settings: Settings) -> Codec:
    if settings.kafka.registry_url is None:
        return Codec()
    # its client takes half a second to load, and few deployments have a registry
    from schemas.registry import SchemaRegistry

    return Codec(SchemaRegistry(settings.kafka.registry_url))
