"""``dualrun prepare``: topics in Kafka, objects and fields in Twenty."""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from infra.cli.components import SettingsPath
from infra.wiring import Deployment
from processors.obligations import changelog_spec
from schemas.broker import create_topics
from schemas.control import prepare_topics
from schemas.mapping import requirements
from sinks.twenty.client import TwentyClient
from sinks.twenty.discovery import discover
from sinks.twenty.schema import apply, plan


def prepare(settings: SettingsPath = None) -> None:
    """Make the topics, and what the mapping needs in Twenty and Twenty lacks. A second run changes nothing."""
    deployment = Deployment.load(settings)
    typer.echo(f"schema: {prepare_deployment(deployment)} changes applied")


def prepare_deployment(deployment: Deployment) -> int:
    """Returns how many changes Twenty's schema took."""
    create_topics(deployment.kafka, [changelog_spec(deployment.topics)])
    prepare_topics(deployment.kafka, deployment.topics, deployment.codec, datetime.now(UTC))
    twenty = deployment.settings.twenty
    client = TwentyClient(twenty.url, twenty.api_key.get_secret_value(), timeout=twenty.timeout_seconds)
    with client:
        changes = plan(discover(client), requirements(deployment.mapping))
        apply(client, changes)
    return len(changes)
