import ssl

import faust
import pytest

from processors.connection import client, credentials
from schemas.broker import BrokerError, KafkaSettings


def test_a_plain_broker_needs_no_credentials() -> None:
    kafka = KafkaSettings("a:1,b:2")
    assert credentials(kafka) is None
    assert client(kafka) == {"bootstrap_servers": "a:1,b:2", "security_protocol": "PLAINTEXT"}


def test_sasl_over_tls_reaches_both_clients() -> None:
    security = {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "hold",
        "sasl.password": "hidden",
    }
    kafka = KafkaSettings("a:1", security)
    found = credentials(kafka)
    assert isinstance(found, faust.SASLCredentials)
    assert (found.username, found.password, found.mechanism.value) == ("hold", "hidden", "SCRAM-SHA-512")
    assert found.protocol.value == "SASL_SSL"
    settings = client(kafka)
    assert settings["sasl_mechanism"] == "SCRAM-SHA-512"
    assert isinstance(settings["ssl_context"], ssl.SSLContext)
    assert settings["ssl_context"].verify_mode is ssl.CERT_REQUIRED


def test_a_setting_that_would_be_lost_is_refused_by_name() -> None:
    with pytest.raises(BrokerError, match=r"ssl\.crl\.location"):
        credentials(KafkaSettings("a:1", {"ssl.crl.location": "/x"}))
