"""What all tests share: the local stack, and a database and topic names of each test's own.

`DUALRUN_TEST_STACK=testcontainers` puts containers in the place of the local processes (needs Docker).
"""

import os
import random
import signal
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from confluent_kafka.admin import AdminClient
from psycopg import sql

from infra.stack import jars, kafka, postgres
from infra.stack.ports import free_port
from infra.stack.stack import KAFKA_SETTING, POSTGRES_SETTING, LocalStack


def pytest_configure() -> None:
    """Fixtures clean up also where `timeout` or a CI ends the tests: a stack's directory takes hundreds of MB."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the stack, so that `-m "not stack"` is the quick half of the tests."""
    for item in items:
        if "stack" in getattr(item, "fixturenames", ()):
            item.add_marker("stack")


@pytest.fixture(scope="session")
def stack() -> Iterator[LocalStack]:
    """A running stack, one for the whole session."""
    with ExitStack() as containers:
        environ = dict(os.environ)
        if environ.get("DUALRUN_TEST_STACK") == "testcontainers":
            environ |= _start_containers(containers)
        # Not under pytest's own directory: each pytest that starts takes other accounts' access to it away, and as
        # root PostgreSQL runs under another account.
        directory = Path(tempfile.mkdtemp(prefix="dualrun-stack-"))
        yield containers.enter_context(LocalStack(directory, keep=False, environ=environ))


def _start_containers(containers: ExitStack) -> dict[str, str]:
    """The images of compose.yaml. (testcontainers' own KafkaContainer runs Confluent's image, of another version.)"""
    from testcontainers.community.postgres import PostgresContainer
    from testcontainers.core.container import DockerContainer

    port = free_port(random.SystemRandom())
    settings = kafka.settings(Path("/var/lib/kafka/data"), port, controller_port=port + 1)
    settings["listeners"] = f"PLAINTEXT://0.0.0.0:{port},CONTROLLER://127.0.0.1:{port + 1}"
    broker = DockerContainer(f"apache/kafka:{jars.KAFKA_VERSION}").with_bind_ports(port, port)
    broker.with_envs(**{"KAFKA_" + name.replace(".", "_").upper(): value for name, value in settings.items()})
    containers.enter_context(broker)
    server = containers.enter_context(PostgresContainer(f"postgres:{postgres.MAJOR_VERSION}", driver=None))
    bootstrap = f"127.0.0.1:{port}"
    deadline = time.monotonic() + 60
    while not kafka.answers(bootstrap):
        assert time.monotonic() < deadline, "the broker in the container did not answer within 60 s"
    return {KAFKA_SETTING: bootstrap, POSTGRES_SETTING: server.get_connection_url()}


@pytest.fixture
def kafka_bootstrap(stack: LocalStack) -> str:
    """Kafka's `bootstrap.servers`. Name topics with `topic_prefix`: the broker is shared."""
    return stack.kafka_bootstrap


@pytest.fixture
def postgres_url(stack: LocalStack) -> Iterator[str]:
    """The address of an empty database that only this test uses."""
    name = f"test_{uuid.uuid4().hex}"
    database = sql.Identifier(name)
    with psycopg.connect(stack.postgres_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(database))
    yield urlsplit(stack.postgres_url)._replace(path=f"/{name}").geturl()
    with psycopg.connect(stack.postgres_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(database))


@pytest.fixture
def topic_prefix(stack: LocalStack) -> Iterator[str]:
    """A prefix for topics, groups and transactional ids that only this test uses; its topics are deleted afterwards."""
    prefix = f"test-{uuid.uuid4().hex[:12]}."
    yield prefix
    admin = AdminClient({"bootstrap.servers": stack.kafka_bootstrap})
    mine = [topic for topic in admin.list_topics(timeout=30).topics if topic.startswith(prefix)]
    if mine:
        for deleted in admin.delete_topics(mine, operation_timeout=30).values():
            deleted.result()
