"""``dualrun run``: poller, hold and sink on the user's own systems, in one."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live

from infra.cli.prepare import prepare_deployment
from infra.cli.view import render
from infra.incarnations import record_end
from infra.metrics import serve_together
from infra.monitor import Monitor
from infra.owners import require_fallback_owner
from infra.pipeline import Pipeline
from infra.stack.supervisor import Supervisor
from infra.wiring import Deployment

LOOK_SECONDS = 2.0


def run(
    settings: Annotated[Path, typer.Option("--settings", exists=True, dir_okay=False, help="Settings file (YAML).")],
    metrics_port: Annotated[int, typer.Option(help="Prometheus metrics on this port of 127.0.0.1; 0: none.")] = 9464,
) -> None:
    """Keep the source and Twenty in step until Ctrl-C. Components that end are started again.

    Does not start without a fallback owner: no record is to be without somebody who answers for it.
    """
    console = Console(stderr=True)
    deployment = Deployment.load(settings)
    deployment.fallback_owner()
    prepare_deployment(deployment)
    require_fallback_owner(deployment)
    directory = deployment.settings.data_dir
    with Supervisor(
        directory, on_exit=lambda _name, pid, _code: record_end(directory, pid, deployment.kafka)
    ) as supervisor:
        pipeline = Pipeline(supervisor, settings, directory)
        pipeline.start()
        if metrics_port:
            serve_together(metrics_port, pipeline.metrics)
            console.print(f"metrics: http://127.0.0.1:{metrics_port}/metrics", highlight=False)
        monitor = Monitor(deployment)
        title = f"{deployment.mapping.system} to Twenty"
        try:
            with Live(console=console, auto_refresh=False) as live:
                while True:
                    live.update(render(title, monitor.look(), pipeline.metrics()), refresh=True)
                    time.sleep(LOOK_SECONDS)
        except KeyboardInterrupt:
            console.print("stopping")
        finally:
            monitor.close()
