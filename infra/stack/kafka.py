"""A real Apache Kafka broker on loopback: one node, KRaft mode, without Docker."""

import os
import signal
import subprocess
import sys
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from infra.stack.ports import is_free
from infra.stack.supervisor import ChildFailedError, Program, Supervisor, leashed

NAME = "kafka"
_STARTER = Path(__file__).with_name("kafka_start.py")


def settings(data: Path, port: int, controller_port: int) -> dict[str, str]:
    """The broker's settings (server.properties). What is not Kafka's default is small because one clinic is small."""
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": str(data),
        "auto.create.topics.enable": "false",
        "default.replication.factor": "1",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "8",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "8",
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",
        "log.segment.bytes": str(64 * 2**20),
        "log.index.size.max.bytes": str(2**20),
        # The default of 128 MiB is a quarter of the heap.
        "log.cleaner.dedupe.buffer.size": str(16 * 2**20),
    }


def cluster_id(random_bytes: bytes) -> str:
    """A cluster id as Kafka writes them: 16 bytes in URL-safe Base64, never with a dash first.

    (Kafka's own tools take such an argument for an option: https://issues.apache.org/jira/browse/KAFKA-13741.)
    """
    first = random_bytes[0] & 0x7F  # the upper half of the alphabet's 64 letters holds the dash
    return urlsafe_b64encode(bytes([first]) + random_bytes[1:]).rstrip(b"=").decode()


class KafkaBroker:
    """A broker whose data lies in `directory`, run by `supervisor` on 127.0.0.1:`port`."""

    def __init__(
        self,
        supervisor: Supervisor,
        directory: Path,
        *,
        port: int,
        controller_port: int,
        java: Path,
        jars: Sequence[Path],
        class_cache: Path | None = None,
    ) -> None:
        self._supervisor = supervisor
        self._directory = directory
        self._ports = (port, controller_port)
        self._java = java
        self._jars = jars
        self._class_cache = class_cache
        self.bootstrap = f"127.0.0.1:{port}"

    def start(self) -> None:
        """Format the directory if it is new, start the broker, and return when it takes requests (about 3 s).

        Raises ChildFailedError when it does not, or when its port is taken by somebody else.
        """
        for port in self._ports:
            if not is_free(port):
                raise ChildFailedError(
                    f"port {port} on 127.0.0.1 is taken: end what listens there, then start Kafka again"
                )
        config = self._directory / "server.properties"
        data = self._directory / "data"
        self._directory.mkdir(parents=True, exist_ok=True)
        write_settings(config, data, *self._ports)
        is_new = not (data / "meta.properties").exists()
        if is_new:
            self._format(config)
        starter = [sys.executable, "-I", "-S", str(_STARTER), str(config)]
        options = [f"-XX:AOTCache={self._class_cache}", "-Xlog:aot*=error"] if self._class_cache else []
        command_line = [*starter, *command(self._java, self._jars, "kafka.Kafka", options=options)]
        self._supervisor.start(NAME, Program(command_line, is_ready=self._answers, restart=True))

        if is_new:
            _ask_for_a_group(self.bootstrap)

    def kill(self) -> None:
        """End the broker with SIGKILL; it stays down until `start`."""
        self._supervisor.stop(NAME, signal.SIGKILL)

    def _format(self, config: Path) -> None:
        log = self._supervisor.log_path(NAME)
        try:
            with log.open("ab") as file:
                format_directory(self._java, self._jars, config, file)
        except subprocess.CalledProcessError as error:
            raise ChildFailedError(f"Kafka cannot format {self._directory}: see {log}") from error

    def _answers(self) -> bool:
        return answers_at(self._ports[0])


def write_settings(path: Path, data: Path, port: int, controller_port: int) -> None:
    path.write_text("".join(f"{name}={value}\n" for name, value in settings(data, port, controller_port).items()))


def command(
    java: Path, jars: Sequence[Path], main_class: str, *arguments: str, options: Sequence[str] = ()
) -> list[str]:
    """The command that runs one of Kafka's programs; `options` are Java's own, besides those that each gets."""
    heap = ["-Xmx512m", "-XX:+UseSerialGC"]
    logging = "-Dlog4j2.level=WARN"
    class_path = os.pathsep.join(map(str, jars))
    return [str(java), *heap, *options, logging, "-cp", class_path, main_class, *arguments]


def format_directory(java: Path, jars: Sequence[Path], config: Path, log: IO[bytes]) -> None:
    """Makes the data directory that `config` names a new cluster's. Raises CalledProcessError."""
    cluster = cluster_id(uuid.uuid4().bytes)
    tool = ("kafka.tools.StorageTool", "format", "--cluster-id", cluster, "--config", str(config))
    line = leashed(command(java, jars, *tool, options=["-XX:TieredStopAtLevel=1"]), None)
    subprocess.run(line, stdout=log, stderr=subprocess.STDOUT, check=True)


def answers_at(port: int) -> bool:
    """Whether a broker on this port of loopback takes requests."""
    # A bare connection first: librdkafka would complain on stderr about each one that is refused.
    return not is_free(port) and answers(f"127.0.0.1:{port}")


def answers(bootstrap: str) -> bool:
    """Whether a broker at `bootstrap` takes requests: one that is not admitted yet lists no broker, not even itself."""
    try:
        return bool(_quiet_client(bootstrap).list_topics(timeout=2).brokers)
    except KafkaException:
        return False


def _ask_for_a_group(bootstrap: str) -> None:
    """Make a new broker prepare for groups: it does so when first asked, and the first to ask waits for 3 s."""
    client = _quiet_client(bootstrap)  # named, for a client that goes out of scope never answers
    for asked in client.describe_consumer_groups(["none"], request_timeout=10).values():
        with suppress(KafkaException, TimeoutError):
            asked.result(timeout=15)


def _quiet_client(bootstrap: str) -> AdminClient:
    return AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
