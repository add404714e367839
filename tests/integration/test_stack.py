"""The local stack on real processes."""

import psycopg
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic


def test_fixtures_give_a_broker_and_a_database_of_their_own(
    kafka_bootstrap: str, topic_prefix: str, postgres_url: str
) -> None:
    admin = AdminClient({"bootstrap.servers": kafka_bootstrap})
    admin.create_topics([NewTopic(f"{topic_prefix}one", num_partitions=2)])[f"{topic_prefix}one"].result(10)
    assert len(admin.list_topics(timeout=10).topics[f"{topic_prefix}one"].partitions) == 2
    with psycopg.connect(postgres_url) as connection:
        tables = connection.execute("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'")
        assert tables.fetchone() == (0,)
