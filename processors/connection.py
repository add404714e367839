"""Kafka's security settings, which are librdkafka's everywhere in Dualrun, for aiokafka and Faust."""

from __future__ import annotations

import ssl
from typing import Any

import faust
from faust.types.auth import CredentialsT

from schemas.broker import BrokerError, KafkaSettings

_KNOWN = frozenset(
    {
        "security.protocol",
        "sasl.mechanism",
        "sasl.mechanisms",
        "sasl.username",
        "sasl.password",
        "ssl.ca.location",
        "ssl.certificate.location",
        "ssl.key.location",
        "ssl.key.password",
    }
)


def _context(kafka: KafkaSettings) -> ssl.SSLContext:
    security = kafka.security
    context = ssl.create_default_context(cafile=security.get("ssl.ca.location"))
    certificate = security.get("ssl.certificate.location")
    if certificate:
        context.load_cert_chain(certificate, security.get("ssl.key.location"), security.get("ssl.key.password"))
    return context


def credentials(kafka: KafkaSettings) -> CredentialsT | None:
    """For Faust. Raises BrokerError naming a setting that hold cannot pass on."""
    security = kafka.security
    unknown = sorted(set(security) - _KNOWN)
    if unknown:
        raise BrokerError(
            f"kafka.security: hold cannot pass on {', '.join(unknown)}; it knows {', '.join(sorted(_KNOWN))}"
        )
    protocol = security.get("security.protocol", "PLAINTEXT").upper()
    encrypted = _context(kafka) if protocol.endswith("SSL") else None
    if protocol.startswith("SASL_"):
        mechanism = security.get("sasl.mechanism") or security.get("sasl.mechanisms") or "PLAIN"
        return faust.SASLCredentials(
            username=security.get("sasl.username"),
            password=security.get("sasl.password"),
            ssl_context=encrypted,
            mechanism=mechanism,
        )
    return faust.SSLCredentials(encrypted) if encrypted else None


def client(kafka: KafkaSettings) -> dict[str, Any]:
    """Keyword arguments for an aiokafka client."""
    security = kafka.security
    protocol = security.get("security.protocol", "PLAINTEXT").upper()
    settings: dict[str, Any] = {
        "bootstrap_servers": kafka.bootstrap_servers,
        "security_protocol": protocol,
    }
    if protocol.endswith("SSL"):
        settings["ssl_context"] = _context(kafka)
    if protocol.startswith("SASL_"):
        settings["sasl_mechanism"] = security.get("sasl.mechanism") or security.get("sasl.mechanisms") or "PLAIN"
        settings["sasl_plain_username"] = security.get("sasl.username")
        settings["sasl_plain_password"] = security.get("sasl.password")
    return settings
