"""The compose file says the same as the local stack's code."""

from pathlib import Path

from ruamel.yaml import YAML

import infra
from infra.stack.jars import KAFKA_VERSION
from infra.stack.kafka import settings
from infra.stack.postgres import MAJOR_VERSION, SERVER_SETTINGS

COMPOSE = YAML(typ="safe").load((Path(infra.__file__).parent / "compose.yaml").read_text())["services"]


def test_the_images_are_of_the_local_stacks_versions() -> None:
    assert COMPOSE["kafka"]["image"] == f"apache/kafka:{KAFKA_VERSION}"
    assert COMPOSE["postgres"]["image"] == f"postgres:{MAJOR_VERSION}"


def test_the_broker_has_the_local_brokers_settings() -> None:
    environment = dict(COMPOSE["kafka"]["environment"])
    assert environment.pop("KAFKA_HEAP_OPTS") == "-Xmx512m"
    # From inside a container the port must be open on all its addresses; the host opens it on loopback only.
    assert environment.pop("KAFKA_LISTENERS") == "PLAINTEXT://0.0.0.0:9092,CONTROLLER://127.0.0.1:9093"
    expected = settings(Path("/var/lib/kafka/data"), port=9092, controller_port=9093)
    del expected["listeners"]
    assert environment == {"KAFKA_" + name.replace(".", "_").upper(): value for name, value in expected.items()}


def test_the_server_has_the_local_servers_settings() -> None:
    command = COMPOSE["postgres"]["command"].split()
    assert command[0] == "postgres"
    assert dict(part.split("=") for part in command[2::2]) == SERVER_SETTINGS
    assert set(command[1::2]) == {"-c"}


def test_every_port_is_on_loopback() -> None:
    ports = [port for service in COMPOSE.values() for port in service.get("ports", [])]
    assert len(ports) == 2
    assert all(port.startswith("127.0.0.1:") for port in ports)
