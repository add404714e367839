"""The ``source`` section of the settings file: one model for each kind."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    SecretStr,
    Tag,
    model_validator,
)

from producers.drops import Pattern
from producers.limits import Limits

KINDS = ("postgres", "csv", "rest")


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Common(Section):
    """poll_seconds: between two reads of what changed. sweep_seconds: between two complete comparisons."""

    poll_seconds: Annotated[float, Field(gt=0)] = 0.25
    sweep_seconds: Annotated[float, Field(gt=0)] = 60
    chunk_rows: Annotated[int, Field(ge=1, le=100_000)] = Limits().chunk_rows
    missing_ratio: Annotated[float, Field(gt=0, le=1)] = 0.2
    """A larger share of an object's rows missing at once is not published as deletes: the operator decides."""
    burst_rows: Annotated[int, Field(ge=1)] = Limits().burst_rows
    """More rows changed at once pause the object: the operator decides."""


class PostgresSection(Common):
    kind: Literal["postgres"] = "postgres"
    url: SecretStr
    overlap_seconds: Annotated[float, Field(gt=0)] | None = None
    """For a replica, or without ``pg_read_all_stats``: longer than the longest transaction that writes."""
    statement_seconds: Annotated[float, Field(gt=0)] = 30


def _pattern(text: str) -> str:
    if text.startswith("/") or ".." in text.split("/"):
        raise ValueError("expected a name below the directory")
    Pattern(text)
    return text


def _encoding(text: str) -> str:
    try:
        "".encode(text)
    except LookupError:
        raise ValueError(f"{text} is no encoding: expected a name such as utf-8, cp1252 or utf-16") from None
    return text


FilePattern = Annotated[str, AfterValidator(_pattern)]
TextEncoding = Annotated[str, AfterValidator(_encoding)]
ColumnName = Annotated[str, AfterValidator(str.lower)]
"""Columns of files are compared in lower case."""


class Deleted(Section):
    """Rows whose ``column`` holds one of ``values`` say that their record is gone."""

    column: ColumnName
    values: list[str] = Field(min_length=1)


class ManifestColumns(Section):
    """The rows are a manifest: columns of a file's path below ``documents``, and of what it must be like."""

    path: ColumnName
    size: ColumnName | None = None
    sha256: ColumnName | None = None


class CsvObject(Section):
    """See ``producers.drops.Rule``."""

    full: FilePattern | None = None
    delta: FilePattern | None = None
    marker: str | None = None
    segment_rows: Annotated[int, Field(ge=1)] | None = None
    deleted: Deleted | None = None
    manifest: ManifestColumns | None = None
    encoding: TextEncoding | None = None
    day_first: bool | None = None

    @model_validator(mode="after")
    def _together(self) -> Self:
        patterns = [Pattern(text) for text in (self.full, self.delta) if text]
        if not patterns:
            raise ValueError("expected full: or delta:, the pattern of the object's files such as patients-*.csv")
        if len({pattern.exports for pattern in patterns}) > 1:
            raise ValueError("full and delta need {export} both, or neither: it is what orders them")
        for pattern in patterns:
            if pattern.segmented and not (pattern.counted or self.marker or self.segment_rows):
                raise ValueError(
                    f"{pattern.text}: nothing tells when all segments are there: add {{segments}} to the pattern, or"
                    " marker:, or segment_rows:"
                )
        if self.day_first is not None and not any(pattern.exports for pattern in patterns):
            raise ValueError("day_first needs {export} in the pattern: it says how the day in it is written")
        if self.segment_rows and not any(pattern.segmented for pattern in patterns):
            raise ValueError("segment_rows needs {segment} in the pattern")
        return self


class CsvSection(Common):
    """``objects``: those that are not named here are the file ``RELATION.csv``, a full export."""

    kind: Literal["csv"] = "csv"
    directory: Path
    objects: dict[str, CsvObject] = {}
    settle_seconds: Annotated[float, Field(gt=0)] = 5
    """A file without a marker is complete once its size and time have not changed for so long."""


class TokenAuth(Section):
    """An API key or a token that does not renew itself. A file is read again whenever it is needed."""

    kind: Literal["token"] = "token"
    header: str = "Authorization"
    scheme: str = "Bearer"
    token: SecretStr | None = None
    token_file: Path | None = None
    expires: AwareDatetime | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.token is None) == (self.token_file is None):
            raise ValueError("expected token_file: (or token:, or DUALRUN_SOURCE_TOKEN), one of them")
        return self


class ClientAuth(Section):
    """OAuth2 client credentials."""

    kind: Literal["client_credentials"]
    token_url: str
    client_id: str
    client_secret: SecretStr | None = None
    client_secret_file: Path | None = None
    scope: str = ""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.client_secret is None) == (self.client_secret_file is None):
            raise ValueError(
                "expected client_secret_file: (or client_secret:, or DUALRUN_SOURCE_CLIENT_SECRET), one of them"
            )
        return self


def _auth_kind(value: Any) -> str:
    found = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
    return "client_credentials" if found == "client_credentials" else "token"


Auth = Annotated[
    Annotated[TokenAuth, Tag("token")] | Annotated[ClientAuth, Tag("client_credentials")], Discriminator(_auth_kind)
]


class PagingSection(Section):
    """See ``producers.paging.Paging``."""

    kind: Literal["cursor", "offset"]
    parameter: str
    next: str = "link"
    size_parameter: str = "limit"
    size: Annotated[int, Field(ge=2, le=10_000)] = 100


class RestObject(Section):
    """See ``producers.rest.Resource``."""

    path: Annotated[str, Field(pattern="^/")]
    paging: PagingSection
    rows: str = ""
    parameters: dict[str, str] = {}
    modified_since: str | None = None
    record: Annotated[str, Field(pattern=r"^/.*\{id\}")] | None = None
    deleted: str | None = None
    parallel: Annotated[int, Field(ge=1, le=16)] = 1


class RestSection(Common):
    kind: Literal["rest"] = "rest"
    url: str
    auth: Auth | None = None
    objects: dict[str, RestObject] = Field(min_length=1)
    poll_seconds: Annotated[float, Field(gt=0)] = 10
    sweep_seconds: Annotated[float, Field(gt=0)] = 3600
    overlap_seconds: Annotated[float, Field(ge=0)] = 60
    """How long a change may take to show in a list that asks for what was modified since."""
    requests_per_minute: Annotated[float, Field(gt=0)] | None = None
    timeout_seconds: Annotated[float, Field(gt=0)] = 30


def _kind(value: Any) -> str:
    return str(value.get("kind", "postgres") if isinstance(value, dict) else getattr(value, "kind", "postgres"))


SourceSection = Annotated[
    Annotated[PostgresSection, Tag("postgres")]
    | Annotated[CsvSection, Tag("csv")]
    | Annotated[RestSection, Tag("rest")],
    Discriminator(_kind, "source_kind", f"expected kind: one of {', '.join(KINDS)}"),
]
TAGS = frozenset({*KINDS, "token", "client_credentials"})
"""Steps of pydantic's own in the place of a mistake, which no settings file has."""
