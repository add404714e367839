"""From the settings' sections to sources that the poller reads."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import httpx
from pydantic import SecretStr

from infra.sources.settings import ClientAuth, CsvObject, CsvSection, PostgresSection, RestSection, TokenAuth
from producers import csv_drop, rest
from producers.api_auth import Auth, ClientCredentials, NoAuth, Secret
from producers.api_auth import TokenAuth as Token
from producers.api_client import ApiClient
from producers.api_clock import ApiClock
from producers.csv_drop import CsvSource
from producers.drops import Bytes, Pattern, Rule
from producers.paging import Paging
from producers.postgres import PostgresSource
from producers.rest import Resource, RestSource
from producers.source import Source
from schemas.source import SourceObject

Built = tuple[Source, tuple[SourceObject, ...]]
"""A source, and the objects as the poller sees them there."""


def now() -> datetime:
    return datetime.now(UTC)


def build(
    section: PostgresSection | CsvSection | RestSection,
    objects: Sequence[SourceObject],
    *,
    work: Path,
    documents: Path | None,
) -> Built:
    """``work``: a directory of this deployment on this machine. ``documents``: where the files of manifests lie."""
    match section:
        case PostgresSection():
            url = section.url.get_secret_value()
            source = PostgresSource(
                url, overlap_seconds=section.overlap_seconds, statement_seconds=section.statement_seconds
            )
            return source, tuple(objects)
        case CsvSection():
            return _csv(section, objects, work, documents)
        case RestSection():
            return _rest(section, objects)


def _csv(section: CsvSection, objects: Sequence[SourceObject], work: Path, documents: Path | None) -> Built:
    rules = {what.name: rule(section.objects.get(what.name), what) for what in objects}
    source = CsvSource(
        section.directory,
        work,
        rules,
        objects,
        documents=documents,
        settle_seconds=section.settle_seconds,
        clock=now,
        monotonic=time.monotonic,
    )
    return source, tuple(csv_drop.captured(what) for what in objects)


def rule(section: CsvObject | None, what: SourceObject) -> Rule:
    if section is None:
        table = (what.relation or what.name).rpartition(".")[2]
        return Rule(full=Pattern(f"{table}.csv"))
    deleted, manifest = section.deleted, section.manifest
    return Rule(
        full=Pattern(section.full) if section.full else None,
        delta=Pattern(section.delta) if section.delta else None,
        marker=section.marker,
        segment_rows=section.segment_rows,
        deleted=(deleted.column, frozenset(deleted.values)) if deleted else None,
        bytes=Bytes(manifest.path, manifest.size, manifest.sha256) if manifest else None,
        encoding=section.encoding,
        day_first=section.day_first,
    )


def _rest(section: RestSection, objects: Sequence[SourceObject]) -> Built:
    source, resources = rest_source(section)
    return source, tuple(rest.captured(what, resources.get(what.name)) for what in objects)


def rest_source(section: RestSection) -> tuple[RestSource, dict[str, Resource]]:
    """The API, and where each object's rows are."""
    http = httpx.Client(base_url=section.url, timeout=section.timeout_seconds)
    client = ApiClient(
        http,
        _auth(section.auth, http),
        per_minute=section.requests_per_minute,
        clock=ApiClock(now),
        monotonic=time.monotonic,
        sleep=time.sleep,
    )
    resources = {
        name: Resource(
            path=one.path,
            paging=Paging(**one.paging.model_dump()),
            rows=one.rows,
            parameters=tuple(one.parameters.items()),
            modified_since=one.modified_since,
            record=one.record,
            deleted=one.deleted,
            parallel=one.parallel,
        )
        for name, one in section.objects.items()
    }
    return RestSource(client, resources, overlap_seconds=section.overlap_seconds, close=http.close), resources


def _auth(section: TokenAuth | ClientAuth | None, http: httpx.Client) -> Auth:
    match section:
        case None:
            return NoAuth()
        case TokenAuth():
            return Token(_secret(section.token, section.token_file), section.header, section.scheme, section.expires)
        case ClientAuth():
            secret = _secret(section.client_secret, section.client_secret_file)
            return ClientCredentials(http, section.token_url, section.client_id, secret, section.scope, now)


def _secret(value: SecretStr | None, file: Path | None) -> Secret:
    return Secret(value.get_secret_value() if value else None, file)
