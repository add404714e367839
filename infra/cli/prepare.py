"""``dualrun prepare``: topics in Kafka, objects and fields in Twenty."""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from infra.cli.components import SettingsPath
from infra.cli.schema import twenty_client
from infra.wiring import Deployment
from processors.obligations import changelog_spec
from schemas.broker import create_topics
from schemas.control import prepare_topics
from schemas.mapping import requirements
from sinks.twenty.schema.provisioner import apply


def prepare(settings: SettingsPath = None) -> None:
    """Make the topics, and what the mapping needs in Twenty and Twenty lacks. A second run changes nothing."""
    deployment = Deployment.load(settings)
    typer.echo(f"schema: {prepare_deployment(deployment)} changes applied")


def prepare_deployment(deployment: Deployment) -> int:
    """Returns how many changes Twenty's schema took."""
    create_topics(deployment.kafka, [changelog_spec(deployment.topics)])
    prepare_topics(deployment.kafka, deployment.topics, deployment.codec, datetime.now(UTC))
    with twenty_client(deployment) as client:
        return len(apply(client, requirements(deployment.mapping)))
