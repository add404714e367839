"""When the controller has fenced the broker of a former life: read from what Kafka 4.3 logs."""

from __future__ import annotations

import pytest

from infra.stack.kafka_start import controller_alone, has_fenced

ACTIVE = "[QuorumController id=1] Becoming the active controller at epoch 4, next write offset 1195."
REPLAYED = "[QuorumController id=1] Replayed "
REGISTERED = f"{REPLAYED}initial RegisterBrokerRecord for broker 1: RegisterBrokerRecord(brokerId=1, fenced=true)"


KEPT = "[QuorumController id=1] Processed maybeFenceStaleBroker(1734096926) in 570 us"


def change(fenced: int) -> str:
    return (
        f"{REPLAYED}BrokerRegistrationChangeRecord modifying the registration for broker 1:"
        f" BrokerRegistrationChangeRecord(brokerId=1, brokerEpoch=11, fenced={fenced}, inControlledShutdown=0)"
    )


@pytest.mark.parametrize(
    ("lines", "fenced"),
    [
        ([REGISTERED, change(-1), ACTIVE, change(1), KEPT], True),
        ([REGISTERED, change(-1), ACTIVE, change(1)], False),  # said, and not in the metadata log yet
        ([REGISTERED, change(-1), change(0), ACTIVE, KEPT], False),  # its session has not ended yet
        ([REGISTERED, change(-1), change(1), KEPT], False),  # an earlier fencing, read by no active controller
        ([REGISTERED, change(-1), change(1), ACTIVE, KEPT], True),
        ([REGISTERED, ACTIVE, KEPT], True),  # it had died before it was ever let in
        ([REGISTERED, change(1), change(0), ACTIVE, KEPT], True),  # a change of something else leaves it fenced
        ([REGISTERED, change(1), change(-1), ACTIVE, KEPT], False),
        ([], False),
    ],
)
def test_the_broker_counts_as_fenced_when_the_active_controller_says_so_last(lines: list[str], fenced: bool) -> None:
    assert has_fenced(lines) is fenced


def test_the_controller_alone_serves_no_clients_and_waits_for_no_session() -> None:
    alone = controller_alone(
        {
            "process.roles": "broker,controller",
            "listeners": "PLAINTEXT://127.0.0.1:1,CONTROLLER://127.0.0.1:2",
            "advertised.listeners": "PLAINTEXT://127.0.0.1:1",
            "log.dirs": "/data",
        }
    )
    assert alone["process.roles"] == "controller"
    assert alone["listeners"] == "CONTROLLER://127.0.0.1:2"
    assert "advertised.listeners" not in alone
    assert alone["log.dirs"] == "/data"
    assert int(alone["broker.session.timeout.ms"]) < 1000
