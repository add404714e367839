"""The three components as child processes of one supervisor: poller, hold, sink."""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass
from pathlib import Path

from infra.metrics import scrape
from infra.stack.ports import remembered_ports
from infra.stack.supervisor import Program, Supervisor

COMPONENTS = ("poll", "process", "sink")


@dataclass(frozen=True, slots=True)
class Instance:
    """One running component: its child name, and where its metrics are."""

    name: str
    component: str
    metrics_port: int


class Pipeline:
    """Starts each component ``instances`` times; all but one poller and one sink stand by."""

    def __init__(self, supervisor: Supervisor, settings_path: Path, directory: Path, *, instances: int = 1) -> None:
        self._supervisor = supervisor
        self._settings_path = settings_path
        names = [(f"{component}-{number}", component) for component in COMPONENTS for number in range(instances)]
        ports = remembered_ports(directory / "metrics-ports.json", [name for name, _ in names], random.SystemRandom())
        self.instances = [Instance(name, component, ports[name]) for name, component in names]

    def start(self) -> None:
        """Returns when each component serves its metrics. Raises ChildFailedError naming the log file."""
        for instance in self.instances:
            self._supervisor.start(instance.name, self._program(instance))

    def metrics(self) -> str:
        """The metrics of all components that answer, one text."""
        return "".join(scrape(instance.metrics_port) or "" for instance in self.instances)

    def _program(self, instance: Instance) -> Program:
        port = instance.metrics_port
        return Program(
            argv=[
                sys.executable,
                "-m",
                "infra.cli.main",
                instance.component,
                "--settings",
                str(self._settings_path),
                "--metrics-port",
                str(port),
                *(["--instance", instance.name] if instance.component == "process" else []),
            ],
            is_ready=lambda: scrape(port) is not None,
            ready_within=60,
            restart=True,
            stop_within=15,
        )
