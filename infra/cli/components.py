"""The three components, each as a process of its own: ``poll``, ``process``, ``sink``.

Each command imports its component when it is called: a process loads, and shows the metrics of, only what it runs.
"""

from __future__ import annotations

import logging
import signal
import threading
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from infra.incarnations import ENDED_FILE, announce
from infra.metrics import serve
from infra.wiring import Deployment
from schemas.control import require_epochs
from schemas.mapping import edit_policies

SettingsPath = Annotated[
    Path | None, typer.Option("--settings", help="Settings file (YAML); the environment overrides it.")
]
MetricsPort = Annotated[int | None, typer.Option(help="Serve Prometheus metrics on this port of 127.0.0.1.")]
InstanceName = Annotated[
    str, typer.Option(help="Name of this worker: workers that run side by side need different ones.")
]


def _begin(metrics_port: int | None) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # httpx logs URLs, and a filter in a URL can hold a value; Faust and aiokafka tell every step of a rebalance
    for name in ("httpx", "faust", "mode", "aiokafka", "processors.app"):
        logging.getLogger(name).setLevel(logging.WARNING)
    if metrics_port is not None:
        serve(metrics_port)


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def poll(settings: SettingsPath = None, metrics_port: MetricsPort = None) -> None:
    """Publish the source's changes. One process polls, further ones stand by."""
    from producers import service
    from producers.metrics import ProducerMetrics

    _begin(metrics_port)
    deployment = Deployment.load(settings)
    section = deployment.settings.source
    source, objects, beside = deployment.sources()
    service.capture(
        service.PollerSettings(
            kafka=deployment.kafka,
            topics=deployment.topics,
            codec=deployment.codec,
            objects=objects,
            work=deployment.settings.data_dir / "known",
            poll_interval=section.poll_seconds,
            sweep_interval=section.sweep_seconds,
            chunk_rows=section.chunk_rows,
            missing_ratio=section.missing_ratio,
            burst_rows=section.burst_rows,
            incarnation=announce(deployment.settings.data_dir, deployment.topics.poller_group),
            documents_root=deployment.settings.documents,
        ),
        source,
        _stop_on_signals(),
        ProducerMetrics(),
        beside=beside,
    )


def process(
    settings: SettingsPath = None, metrics_port: MetricsPort = None, instance: InstanceName = "process-0"
) -> None:
    """Transform changes and hold children until their parents' ids resolve. Workers share the partitions."""
    from processors import service
    from processors.drift import DriftWatch
    from processors.transform import MappingTransform
    from schemas.mapping.check import named_columns

    _begin(metrics_port)
    deployment = Deployment.load(settings)
    hold, twenty = deployment.settings.hold, deployment.settings.twenty
    service.run(
        service.HoldSettings(
            kafka=deployment.kafka,
            topics=deployment.topics,
            codec=deployment.codec,
            epochs=require_epochs(deployment.kafka, deployment.topics, deployment.codec),
            transform=DriftWatch(
                MappingTransform(
                    deployment.mapping,
                    workspace_url=twenty.public_url or twenty.url,
                    decisions=deployment.decisions,
                ),
                {name: named_columns(mapped) for name, mapped in deployment.mapping.objects.items()},
            ),
            instance=instance,
            data_dir=deployment.settings.data_dir / "hold" / instance,
            grace_seconds=hold.grace_seconds,
            park_after_seconds=hold.park_seconds,
        )
    )


def sink(settings: SettingsPath = None, metrics_port: MetricsPort = None) -> None:
    """Write to Twenty within its budget. One process sends, further ones stand by."""
    from sinks import service
    from sinks.timetable import Timetable

    _begin(metrics_port)
    deployment = Deployment.load(settings)
    twenty, data_dir = deployment.settings.twenty, deployment.settings.data_dir
    service.run(
        service.SinkSettings(
            kafka=deployment.kafka,
            topics=deployment.topics,
            workspace=twenty.workspace,
            twenty_url=twenty.url,
            twenty_key=twenty.api_key.get_secret_value(),
            limit=twenty.requests,
            window=twenty.window_seconds,
            reserve=twenty.reserve,
            timetable=Timetable(
                ZoneInfo(deployment.mapping.zone), bulk=twenty.timetable.bulk, uploads=twenty.timetable.uploads
            ),
            batch=twenty.batch,
            documents_root=deployment.settings.documents,
            request_timeout=twenty.timeout_seconds,
            ended_file=data_dir / ENDED_FILE,
            incarnation=announce(data_dir, deployment.topics.sink_group),
            members_seconds=twenty.members_seconds,
            owners=deployment.mapping.owners,
            fallback_owner=deployment.fallback_owner(),
            policies=edit_policies(deployment.mapping),
            edits_seconds=twenty.edits_seconds,
            webhook_listen=twenty.webhook.listen if twenty.webhook else "",
            webhook_secret=twenty.webhook.secret.get_secret_value() if twenty.webhook else "",
            synced=deployment.mapping.synced,
            acknowledged=twenty.side_effects.acknowledged,
        ),
        _stop_on_signals(),
    )
