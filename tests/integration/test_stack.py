"""The local stack on real processes: a broker and a server that come back with what they had."""

import itertools
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import psycopg
import pytest
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from infra.stack.kafka import answers
from infra.stack.stack import KAFKA_SETTING, POSTGRES_SETTING, LocalStack, StackError
from infra.stack.supervisor import ChildFailedError, DirectoryInUseError
from schemas.broker import (
    KafkaSettings,
    committed_offsets,
    consumer,
    create_topics,
    end_offsets,
    producer,
    watermarks,
)
from schemas.topics import Policy, TopicSpec
from tests.integration.test_supervisor import runs
from tests.waiting import until


@pytest.fixture
def directory() -> Iterator[Path]:
    """Not pytest's own: see `stack` in conftest."""
    with TemporaryDirectory(prefix="dualrun-test-") as name:
        yield Path(name)


@pytest.fixture(scope="module")
def own() -> Iterator[LocalStack]:
    """A stack that tests may break. Its environment has no Java, so it runs on the wheel's."""
    with TemporaryDirectory(prefix="dualrun-test-") as name, LocalStack(Path(name), keep=True, environ={}) as stack:
        yield stack


def publish(stack: LocalStack, value: bytes) -> str:
    """Make a topic with one message, and a table with one row, both of a new name."""
    name = f"t{uuid.uuid4().hex}"
    admin = AdminClient({"bootstrap.servers": stack.kafka_bootstrap})
    admin.create_topics([NewTopic(name, 1)])[name].result(30)
    producer = Producer({"bootstrap.servers": stack.kafka_bootstrap})
    producer.produce(name, value)
    assert producer.flush(30) == 0
    with psycopg.connect(stack.postgres_url) as connection:
        connection.execute(f"CREATE TABLE {name} AS SELECT %s::bytea AS value", (value,))
    return name


def published(stack: LocalStack, name: str) -> list[bytes | None]:
    """What `publish` wrote, read back from the broker and from the server."""
    group = {"group.id": name, "auto.offset.reset": "earliest", "enable.auto.commit": False}
    with closing(Consumer({"bootstrap.servers": stack.kafka_bootstrap, **group})) as consumer:
        consumer.subscribe([name])
        message = consumer.poll(30)
    assert message is not None
    assert message.error() is None
    with psycopg.connect(stack.postgres_url) as connection:
        rows = connection.execute(f"SELECT value FROM {name}").fetchall()
    return [message.value(), *(row[0] for row in rows)]


def test_fixtures_give_a_broker_and_a_database_of_their_own(
    kafka_bootstrap: str, topic_prefix: str, postgres_url: str
) -> None:
    admin = AdminClient({"bootstrap.servers": kafka_bootstrap})
    name = f"{topic_prefix}one"
    admin.create_topics([NewTopic(name, num_partitions=2)])[name].result(30)
    # a broker says that a topic is made before it lists it
    made = until(lambda: admin.list_topics(timeout=10).topics.get(name))
    assert len(made.partitions) == 2
    with psycopg.connect(postgres_url) as connection:
        tables = connection.execute("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'")
        assert tables.fetchone() == (0,)


def test_a_stopped_stack_starts_again_with_its_data_on_its_ports(directory: Path) -> None:
    stack = LocalStack(directory, keep=True, environ={})
    with stack:
        name = publish(stack, b"kept")
        addresses = (stack.kafka_bootstrap, stack.postgres_url)
        pids = [stack.supervisor.pid(part) or 0 for part in ("kafka", "postgres")]
    assert not any(runs(pid) for pid in pids)
    with pytest.raises(StackError, match="not started"):
        _ = stack.kafka_bootstrap
    with LocalStack(directory, keep=True, environ={}) as stack:
        assert (stack.kafka_bootstrap, stack.postgres_url) == addresses
        assert published(stack, name) == [b"kept", b"kept"]


def test_after_kill_9_nothing_is_left_and_the_directory_starts_again(directory: Path) -> None:
    code = """
import sys, time
from pathlib import Path
from infra.stack.stack import LocalStack
from tests.integration.test_stack import publish
with LocalStack(Path(sys.argv[1]), keep=True, environ={}) as stack:
    print(publish(stack, b"kept"), stack.kafka_bootstrap, flush=True)
    time.sleep(1000)
"""
    with subprocess.Popen([sys.executable, "-c", code, str(directory)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        name, bootstrap = process.stdout.readline().split()
        family = psutil.Process(process.pid).children(recursive=True)
        assert len(family) > 2, "the broker, the server and the server's workers"
        process.kill()
    until(lambda: not any(runs(member.pid) for member in family))
    with LocalStack(directory, keep=True, environ={}) as stack:
        assert stack.kafka_bootstrap == bootstrap
        assert published(stack, name) == [b"kept", b"kept"]


def test_a_killed_supervisor_does_not_stand_in_the_way_of_the_next_start(directory: Path) -> None:
    """Started at once, while the killed one's children may still be about to end."""
    code = """
import os, signal, sys
from pathlib import Path
from infra.stack.stack import LocalStack
stack = LocalStack(Path(sys.argv[1]), keep=True, environ={})
stack.start()
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", code, str(directory)], timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL
    with LocalStack(directory, keep=True, environ={}) as stack:
        assert answers(stack.kafka_bootstrap)


def test_a_second_start_in_the_same_directory_is_refused(own: LocalStack) -> None:
    second = LocalStack(own.data_dir, keep=False, environ={})
    with pytest.raises(DirectoryInUseError, match="in use by process"):
        second.start()
    second.stop()
    assert answers(own.kafka_bootstrap)


def test_a_killed_broker_keeps_what_it_acknowledged(own: LocalStack) -> None:
    name = publish(own, b"kept")
    own.kill_kafka()
    assert not answers(own.kafka_bootstrap)
    began = time.monotonic()
    own.start_kafka()
    took = time.monotonic() - began
    print(f"kill -9 of Kafka: answers again after {took:.1f} s")
    assert published(own, name) == [b"kept", b"kept"]
    assert took < 30


@pytest.mark.parametrize("part", ["kafka", "postgres"])
def test_a_part_that_dies_unasked_is_restarted(own: LocalStack, part: str) -> None:
    name = publish(own, b"kept")
    pid = own.supervisor.pid(part)
    own.supervisor.kill(part)
    until(lambda: own.supervisor.pid(part) not in (None, pid))
    own.supervisor.wait_ready(part)
    assert published(own, name) == [b"kept", b"kept"]


def test_a_port_that_somebody_took_meanwhile_is_left_alone(own: LocalStack) -> None:
    own.kill_kafka()
    host, port = own.kafka_bootstrap.split(":")
    with (
        socket.create_server((host, int(port))),
        pytest.raises(ChildFailedError, match=f"port {port} on 127.0.0.1 is taken"),
    ):
        own.start_kafka()
    own.start_kafka()
    assert answers(own.kafka_bootstrap)


def test_a_new_broker_is_ready_for_groups_before_the_first_one_asks(directory: Path) -> None:
    environ = {POSTGRES_SETTING: "postgresql://db.example/clinic"}
    with LocalStack(directory, keep=True, environ=environ) as stack:
        admin = AdminClient({"bootstrap.servers": stack.kafka_bootstrap})
        until(lambda: "__consumer_offsets" in admin.list_topics(timeout=10).topics)


def test_the_broker_makes_no_topic_by_itself(own: LocalStack) -> None:
    producer = Producer({"bootstrap.servers": own.kafka_bootstrap, "message.timeout.ms": 1000})
    delivered = []
    producer.produce("never-made", b"value", on_delivery=lambda error, _: delivered.append(error is None))
    producer.flush(30)
    assert delivered == [False]
    assert "never-made" not in producer.list_topics(timeout=10).topics


def test_the_server_wants_its_password_and_logs_no_values(own: LocalStack) -> None:
    canary = f"canary-{uuid.uuid4().hex}"
    with psycopg.connect(own.postgres_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE canaries (name text PRIMARY KEY)")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute(f"INSERT INTO canaries VALUES ('{canary}'), ('{canary}')")
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            connection.execute("SELECT CAST(%s AS text)::integer", (canary,))
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(own.postgres_url, password="wrong")
    log = own.supervisor.log_path("postgres")
    until(lambda: "password authentication failed" in log.read_text())
    assert canary not in log.read_text()


def test_a_part_of_the_users_own_is_used_and_not_started(directory: Path) -> None:
    environ = {KAFKA_SETTING: "kafka.example:9092", POSTGRES_SETTING: "postgresql://db.example/clinic"}
    with LocalStack(directory, keep=True, environ=environ) as stack:
        assert stack.supervisor.names() == []
        assert stack.kafka_bootstrap == "kafka.example:9092"
        assert stack.postgres_url == "postgresql://db.example/clinic"
        with pytest.raises(StackError, match=KAFKA_SETTING):
            stack.kill_kafka()


def test_a_directory_that_holds_something_else_is_refused_and_left_as_it_is(directory: Path) -> None:
    letter = directory / "letter.txt"
    letter.write_text("mine")
    with pytest.raises(StackError, match="choose a new or empty directory"), LocalStack(directory, keep=False):
        pass
    assert list(directory.iterdir()) == [letter]


def test_a_stack_that_is_not_to_be_kept_is_deleted(directory: Path) -> None:
    environ = {KAFKA_SETTING: "kafka.example:9092"}
    data = directory / "stack"
    with LocalStack(data, keep=False, environ=environ) as stack:
        with psycopg.connect(stack.postgres_url) as connection:
            assert connection.execute("SELECT current_database()").fetchone() == ("clinic",)
        assert (data / "postgres").is_dir()
    assert not data.exists()


def test_no_reader_stands_for_ever_before_a_transaction_that_a_dying_broker_left(own: LocalStack) -> None:
    """Kafka 4.3 alone on its cluster leaves transactions without an end: see kafka_start."""
    kafka = KafkaSettings(own.kafka_bootstrap)
    run = uuid.uuid4().hex
    topics = [TopicSpec(f"{run}.{number}", 4, Policy.KEEP) for number in range(8)]
    create_topics(kafka, topics)
    over = threading.Event()

    def commit(name: str) -> None:
        writer = producer(kafka, transactional_id=name)
        reader = consumer(kafka, name)
        with suppress(KafkaException):
            writer.init_transactions(30)
            for number in itertools.count():
                if over.is_set():
                    return
                writer.begin_transaction()
                for topic in topics:
                    writer.produce(topic.name, b"value", partition=number % 4)
                position = TopicPartition(topics[0].name, number % 4, number)
                writer.send_offsets_to_transaction([position], reader.consumer_group_metadata(), 5)
                writer.commit_transaction(5)

    names = [f"{run}-{number}" for number in range(4)]
    writers = [threading.Thread(target=commit, args=(name,), daemon=True) for name in names]
    for writer in writers:
        writer.start()
    until(lambda: sum(end_offsets(kafka, [topics[0].name], 4).values()) > 200)
    own.kill_kafka()
    over.set()
    own.start_kafka()
    for name in names:
        producer(kafka, transactional_id=name).init_transactions(60)
        assert committed_offsets(kafka, name, [topics[0].name], 4)
    uncommitted = consumer(kafka, run, {"isolation.level": "read_uncommitted"})
    committed = consumer(kafka, run)

    def ends(reader: Consumer) -> list[tuple[int, int]]:
        return [watermarks(reader, topic.name, partition) for topic in topics for partition in range(4)]

    with closing(uncommitted), closing(committed):
        until(lambda: ends(committed) == ends(uncommitted))
