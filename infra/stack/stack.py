"""The local stack: Kafka and PostgreSQL in one directory, started together, stopped together."""

import os
import random
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from infra.stack import jars, kafka, postgres
from infra.stack.class_cache import class_cache
from infra.stack.java import find_java
from infra.stack.kafka import KafkaBroker
from infra.stack.ports import remembered_ports
from infra.stack.postgres import PostgresServer
from infra.stack.supervisor import OnExit, Supervisor

KAFKA_SETTING = "DUALRUN_KAFKA_BOOTSTRAP_SERVERS"
POSTGRES_SETTING = "DUALRUN_SOURCE_URL"
DATABASE = "clinic"
_PARTS = (kafka.NAME, postgres.NAME)
PORTS_FILE = "ports.json"  # what tells a stack's directory from others, which `stop` must not delete


class StackError(Exception):
    """The stack cannot be started or asked so; the text says what to do."""


class LocalStack:
    """A broker and a server in `data_dir`; a context manager that starts and stops them.

    With `keep` the directory stays for the next start, on the same ports; without, `stop` deletes it. A part for which
    `environ` (the process's own by default) names the user's own server is not started. Other processes, the Twenty
    stand-in for one, are started through `supervisor`, and stop before the stack does; see Supervisor for `on_exit`.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        keep: bool,
        environ: Mapping[str, str] | None = None,
        on_exit: OnExit | None = None,
    ) -> None:
        self.data_dir = data_dir.resolve()
        self._keep = keep
        self._environ = os.environ if environ is None else environ
        self._on_exit = on_exit
        self._supervisor: Supervisor | None = None
        self._kafka: KafkaBroker | None = None
        self._postgres: PostgresServer | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def supervisor(self) -> Supervisor:
        """Runs the stack's processes. Raises StackError before `start`."""
        if self._supervisor is None:
            raise StackError("the local stack is not started")
        return self._supervisor

    @property
    def kafka_bootstrap(self) -> str:
        """Kafka's `bootstrap.servers`: the user's own, or `127.0.0.1:<port>`."""
        return self._environ.get(KAFKA_SETTING) or self._local_kafka().bootstrap

    @property
    def postgres_url(self) -> str:
        """The source database: the user's own, or the local database `clinic`. Holds a password: not for logs."""
        if own := self._environ.get(POSTGRES_SETTING):
            return own
        if self._postgres is None:
            raise StackError("the local stack is not started")
        return self._postgres.url(DATABASE)

    def start(self) -> None:
        """Start what is to be local and return when all of it answers.

        Raises StackError when `data_dir` holds something else, DirectoryInUseError when another stack runs in it,
        JarError when Kafka cannot be downloaded, ChildFailedError when a part does not come up. Whatever it raises,
        nothing runs afterwards, and the logs stay; interrupted, a directory that is not to be kept goes, as at `stop`.
        """
        if self.data_dir.is_dir() and any(self.data_dir.iterdir()) and not (self.data_dir / PORTS_FILE).exists():
            raise StackError(
                f"{self.data_dir} holds files that are not a local stack's: choose a new or empty directory"
            )
        self._supervisor = Supervisor(self.data_dir, on_exit=self._on_exit)
        try:
            ports = remembered_ports(
                self.data_dir / PORTS_FILE, ("kafka", "kafka-controller", "postgres"), random.SystemRandom()
            )
            starts = []
            if not self._environ.get(KAFKA_SETTING):
                starts.append(self._start_kafka)
            if not self._environ.get(POSTGRES_SETTING):
                starts.append(self._start_postgres)
            with ThreadPoolExecutor() as pool:
                try:
                    for part in [pool.submit(start, ports) for start in starts]:
                        part.result()
                except BaseException:
                    self.supervisor.stop_all()  # whoever waits for one of them gives up, and leaving waits for nobody
                    raise
        except Exception:
            self._end()
            raise
        except BaseException:  # also a Ctrl-C must leave nothing behind
            self.stop()
            raise

    def stop(self) -> None:
        """Stop all processes, the last started first, and delete the directory unless it is to be kept."""
        if self._supervisor is not None:
            self._end()
            if not self._keep:
                shutil.rmtree(self.data_dir)

    def _end(self) -> None:
        # a broker that was started again is the last child, and those that talk to it would wait for it in vain
        for name in reversed(self.supervisor.names()):
            if name not in _PARTS:
                self.supervisor.stop(name)
        self.supervisor.close()
        self._supervisor = self._kafka = self._postgres = None

    def kill_kafka(self) -> None:
        """End the local broker with SIGKILL; it stays down until `start_kafka` (one that dies unasked is restarted)."""
        self._local_kafka().kill()

    def start_kafka(self) -> None:
        """Start the local broker again on its port and its data; return when it answers."""
        self._local_kafka().start()

    def _local_kafka(self) -> KafkaBroker:
        if self._kafka is None:
            raise StackError(
                f"there is no local Kafka: the stack is not started, or {KAFKA_SETTING} names the user's own"
            )
        return self._kafka

    def _start_kafka(self, ports: Mapping[str, int]) -> None:
        java = find_java(self._environ)
        cache = jars.cache_directory(self._environ)
        paths = jars.fetch(jars.read_lock(), cache)
        self._kafka = KafkaBroker(
            self.supervisor,
            self.data_dir / "kafka",
            port=ports["kafka"],
            controller_port=ports["kafka-controller"],
            java=java,
            jars=paths,
            class_cache=class_cache(java, paths, cache.with_name("java")),
        )
        self._kafka.start()

    def _start_postgres(self, ports: Mapping[str, int]) -> None:
        self._postgres = PostgresServer(self.supervisor, self.data_dir / "postgres", port=ports["postgres"])
        self._postgres.start(DATABASE)
