"""The whole system on a made-up clinic, in one directory: what the demo shows and the chaos test breaks.

Kafka, PostgreSQL, the stand-in and the components run as child processes of one supervisor. With
``DUALRUN_KAFKA_BOOTSTRAP_SERVERS``, ``DUALRUN_SOURCE_URL`` or ``DUALRUN_TWENTY_URL`` (and ``_API_KEY``) set, the user's
own system takes the place of a local part.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import psycopg

from infra.cli.prepare import prepare_deployment
from infra.clinics.comparison import Comparison, compare
from infra.clinics.expectation import read_tables
from infra.clinics.life import Life
from infra.clinics.values import Expected
from infra.clinics.worlds import WORLDS, Outlet
from infra.incarnations import record_end
from infra.monitor import Look, Monitor
from infra.owners import Workspace, require_fallback_owner
from infra.pipeline import Pipeline
from infra.stack.ports import remembered_ports
from infra.stack.stack import LocalStack
from infra.stack.supervisor import Program
from infra.wiring import Deployment
from producers.checkpoint import read_positions
from schemas.broker import KafkaSettings

_COMPONENTS = "components"
FALLBACK_OWNER = "DUALRUN_FALLBACK_OWNER"
TWENTY_URL, TWENTY_API_KEY = "DUALRUN_TWENTY_URL", "DUALRUN_TWENTY_API_KEY"


@dataclass(frozen=True, slots=True)
class ShowcaseOptions:
    """system: whose clinic it is, one of ``WORLDS``. patients, seed: the clinic, digit for digit.

    requests: what Twenty grants a minute; 0 for no limit. instances: of each component; all but one poller and one
    sink stand by. overrides: settings laid over the showcase's own, by section. mapping: another file for the
    clinic than the built-in one.
    """

    system: str = "clinic_place"
    patients: int = 500
    seed: int = 1
    requests: int = 100
    instances: int = 1
    overrides: Mapping[str, Mapping[str, Any]] | None = None
    mapping: Path | None = None


class Showcase:
    """A context manager: first ``start_systems``, then ``start_components``; leaving it stops all of it."""

    def __init__(self, directory: Path, options: ShowcaseOptions, *, keep: bool) -> None:
        self._options = options
        self._exit = ExitStack()
        self._environ = dict(os.environ)
        self.directory = directory
        self.documents = directory / "documents"
        self.world = WORLDS[options.system]
        self.clinic = self.world.clinic(options.seed, options.patients, self.documents)
        self.stack = LocalStack(directory, keep=keep, on_exit=self._ended)
        self._drops = directory / "drops"
        self._outlet: Outlet | None = None
        self.ready_at: datetime | None = None
        """When Kafka, the database and Twenty answered."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit.close()

    def start_systems(self) -> None:
        """Kafka, the source with its rows, Twenty with its schema and members; topics. No component runs yet."""
        self._exit.enter_context(self.stack)
        if self.world.outlet:
            self._outlet = self.world.outlet(self.source_url, self._drops)
        self._start_twenty()
        self.ready_at = datetime.now(UTC)
        self.settings_path = self._write_settings()
        self.deployment = Deployment.load(self.settings_path)
        with psycopg.connect(self.source_url) as connection:
            self._fill(connection)
        if self._outlet:
            self._exit.enter_context(self._outlet)
        if self.world.api is not None:
            self._start_api()
        self._invite()
        prepare_deployment(self.deployment)
        require_fallback_owner(self.deployment)
        self.monitor = Monitor(self.deployment)
        self._exit.callback(self.monitor.close)

    def start_components(self) -> None:
        self.pipeline = Pipeline(
            self.stack.supervisor, self.settings_path, self.directory, instances=self._options.instances
        )
        self.pipeline.start()

    @property
    def system(self) -> str:
        """The mapping that is used."""
        return self._options.system

    def life(self) -> Life[Any]:
        """What happens at the clinic from now on."""
        return self.world.life(self.clinic, self.source_url)

    def _fill(self, connection: psycopg.Connection[Any]) -> None:
        """Makes the source's tables."""
        self.clinic.create(connection)

    def _invite(self) -> None:
        """Makes the accounts that the clinic's staff has in Twenty."""
        if self.standin:
            for account in self.clinic.accounts:
                name = {"firstName": account.first_name, "lastName": account.last_name}
                self.control("members", userEmail=account.email, name=name)

    @property
    def fallback_owner(self) -> str:
        """The first of the staff who have an account."""
        return self._environ.get(FALLBACK_OWNER) or self.clinic.accounts[0].email

    def _source(self) -> dict[str, Any]:
        """The settings' section."""
        if self.world.api is None and self.world.outlet:
            return self.world.outlet.source(self._drops)
        if self.world.api is None:
            return {"url": self.source_url, "sweep_seconds": 5}
        return {
            "kind": "rest",
            "url": self._api_url,
            "objects": self.world.api,
            "poll_seconds": 1,
            "sweep_seconds": 5,
            "overlap_seconds": 2,
        }

    @property
    def source_url(self) -> str:
        return self.stack.postgres_url

    @property
    def standin(self) -> bool:
        """Whether Twenty is the stand-in, and not the user's own."""
        return TWENTY_URL not in self._environ

    def control(self, verb: str, **body: object) -> dict[str, Any]:
        """Tells the stand-in something, or asks it (``stats``, ``dump``: no body); costs no token."""
        answer = httpx.request(
            "POST" if body else "GET",
            f"{self.twenty_url}/standin/{verb}",
            json=body or None,
            headers={"Authorization": f"Bearer {self.twenty_api_key}"},
            timeout=60,
        )
        result: dict[str, Any] = answer.raise_for_status().json()
        return result

    def captured_since(self, moment: datetime) -> bool:
        """Whether every change that was committed at the source before ``moment`` has been published."""
        positions = read_positions(self.deployment.kafka, self.deployment.topics, self.deployment.codec)
        for source in self.deployment.mapping.sources:
            position = positions.get(source.name)
            if position is None or not position.snapshot.done or position.suspects:
                return False
            if position.swept_at is None or position.swept_at < moment:
                return False
            if source.changed_at is not None and (position.cursor is None or position.cursor < moment):
                return False
        return True

    def source_now(self) -> datetime:
        """A time by which everything that is committed now can have been read."""
        wait = timedelta(seconds=self._outlet.export() if self._outlet else 0)
        with psycopg.connect(self.source_url) as connection:
            row = connection.execute("select clock_timestamp()").fetchone()
        if row is None:
            raise RuntimeError("the source did not tell its time")
        moment: datetime = row[0]
        return moment + wait

    def settled(self, moment: datetime) -> Look | None:
        """A look once everything from before ``moment`` is where it belongs, else None."""
        if not self.captured_since(moment):
            return None
        look = self.monitor.look()
        return look if look.settled and not look.held.total() else None

    def expected(self) -> Expected:
        with Workspace(self.deployment.settings.twenty) as workspace:
            members = [member["userEmail"] for member in workspace.members()]
        with psycopg.connect(self.source_url, autocommit=True) as connection:
            return self.world.expected(
                read_tables(connection, self.clinic.keys),
                members,
                documents=self.documents,
                workspace_url=self.twenty_url,
                fallback_owner=self.fallback_owner,
            )

    def without_owner(self) -> int:
        """How many records in Twenty nobody answers for, read over HTTP."""
        with Workspace(self.deployment.settings.twenty) as workspace:
            return sum(map(len, workspace.without_owner(self.deployment.mapping).values()))

    def compare(self) -> Comparison:
        """Reads all of Twenty back over HTTP and compares it with what the source's tables say."""
        return compare(self.twenty_url, self.twenty_api_key, self.expected())

    @property
    def _api_url(self) -> str:
        return f"http://127.0.0.1:{self._api_port}"

    @cached_property
    def _api_port(self) -> int:
        return self._port("api")

    def _start_api(self) -> None:
        """Serves the source's tables as the system's own API does."""
        tables = [f"{table}={key}" for table, key in self.clinic.keys.items()]
        argv = [sys.executable, "-m", "infra.sources.rest_api", self.source_url, *tables]
        self.stack.supervisor.start(
            "api",
            Program(
                argv=[*argv, "--port", str(self._api_port)], is_ready=lambda: _answers(self._api_url), restart=True
            ),
        )

    def _port(self, name: str) -> int:
        return remembered_ports(self.directory / "ports.json", [name], random.SystemRandom())[name]

    def _start_twenty(self) -> None:
        if not self.standin:
            self.twenty_url, self.twenty_api_key = self._environ[TWENTY_URL], self._environ[TWENTY_API_KEY]
            return
        port = self._port("twenty")
        self.twenty_url, self.twenty_api_key = f"http://127.0.0.1:{port}", self._standin_key()
        self.stack.supervisor.start(
            "twenty",
            Program(
                argv=[
                    sys.executable,
                    "-m",
                    "infra.standin",
                    "--port",
                    str(port),
                    "--data-dir",
                    str(self.directory / "twenty"),
                    f"--api-key={self.twenty_api_key}",
                    "--limit",
                    str(self._options.requests),
                ],
                is_ready=lambda: _answers(f"{self.twenty_url}/healthz"),
                restart=True,
            ),
        )

    def _standin_key(self) -> str:
        path = self.directory / "twenty.key"
        if not path.exists():
            path.write_text(secrets.token_urlsafe(24))
        return path.read_text()

    def _write_settings(self) -> Path:
        sections: dict[str, Any] = {
            "system": str(self._options.mapping or self.system),
            "kafka": {"bootstrap_servers": self.stack.kafka_bootstrap},
            "source": self._source(),
            **({"drops": self.world.outlet.source(self._drops)} if self.world.api and self.world.outlet else {}),
            "twenty": {
                "url": self.twenty_url,
                "api_key": self.twenty_api_key,
                "requests": self._options.requests or 60_000,
                "fallback_owner": self.fallback_owner,
                "members_seconds": 2,
            },
            "hold": {"park_seconds": 5},
            "documents": str(self.documents),
            "data_dir": str(self.directory / _COMPONENTS),
        }
        for section, values in (self._options.overrides or {}).items():
            sections[section] = {**sections.get(section, {}), **values}
        path = self.directory / "settings.yaml"
        path.touch(mode=0o600)
        path.write_text(json.dumps(sections, indent=1))
        return path

    def _ended(self, _name: str, pid: int, _returncode: int) -> None:
        record_end(self.directory / _COMPONENTS, pid, KafkaSettings(self.stack.kafka_bootstrap))


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).is_success
    except httpx.HTTPError:
        return False
