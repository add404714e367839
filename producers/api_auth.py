"""Credentials of an HTTP API: sent with every request, renewed ahead of their end, replaced without a restart."""

from __future__ import annotations

import base64
import binascii
import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import httpx

from producers.source import SourceError

log = logging.getLogger("dualrun.rest")


class Auth(Protocol):
    """Safe to share between threads. Raises SourceError."""

    def headers(self) -> dict[str, str]: ...

    def refused(self, used: dict[str, str]) -> bool:
        """The server refused these headers. Whether there are others now."""
        ...

    def expires_at(self) -> datetime | None:
        """When a person has to act: the end of a credential that does not renew itself."""
        ...


class NoAuth:
    def headers(self) -> dict[str, str]:
        return {}

    def refused(self, used: dict[str, str]) -> bool:
        return False

    def expires_at(self) -> datetime | None:
        return None


@dataclass(frozen=True, slots=True)
class Secret:
    """Given, or kept in a file, which is read whenever it is asked for: so it can be replaced while all goes on."""

    value: str | None = field(default=None, repr=False)
    file: Path | None = None

    def read(self) -> str:
        """Raises SourceError."""
        if self.file is None:
            return self.value or ""
        try:
            return self.file.read_text("utf-8").strip()
        except OSError as error:
            raise SourceError(f"the credential in {self.file} cannot be read: {error.strerror}") from None


class TokenAuth:
    """An API key or a static token in a header, after ``scheme`` where one is set.

    expires: when it ends, if nobody can tell from the token itself (a JWT says so).
    """

    def __init__(self, secret: Secret, header: str, scheme: str, expires: datetime | None) -> None:
        self._secret = secret
        self._header = header
        self._scheme = scheme
        self._expires = expires

    def headers(self) -> dict[str, str]:
        token = self._secret.read()
        return {self._header: f"{self._scheme} {token}" if self._scheme else token}

    def refused(self, used: dict[str, str]) -> bool:
        return self.headers() != used

    def expires_at(self) -> datetime | None:
        try:
            return _jwt_end(self._secret.read()) or self._expires
        except SourceError:
            return self._expires


class ClientCredentials:
    """OAuth2 client credentials. A token is renewed when nine tenths of its life are over, and when it is refused."""

    def __init__(
        self, client: httpx.Client, url: str, client_id: str, secret: Secret, scope: str, clock: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._url = url
        self._id = client_id
        self._secret = secret
        self._scope = scope
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._renew_at = self._ends_at = datetime.min.replace(tzinfo=UTC)

    def headers(self) -> dict[str, str]:
        with self._lock:
            if self._clock() >= self._renew_at:
                try:
                    self._renew()
                except SourceError:
                    if self._clock() >= self._ends_at:
                        raise
                    log.warning("the token cannot be renewed yet, and is still good")
            return {"Authorization": f"Bearer {self._token}"}

    def refused(self, used: dict[str, str]) -> bool:
        with self._lock:
            if used == {"Authorization": f"Bearer {self._token}"}:
                self._renew()
            return True

    def expires_at(self) -> datetime | None:
        return None

    def _renew(self) -> None:
        form = {"grant_type": "client_credentials", **({"scope": self._scope} if self._scope else {})}
        try:
            answer = self._client.post(self._url, data=form, auth=(self._id, self._secret.read()))
        except httpx.HTTPError as error:
            raise SourceError(f"no answer from the token address ({type(error).__name__})") from None
        if answer.status_code >= 400:
            raise SourceError(
                f"the token address answered {answer.status_code}: look at client_id and client_secret, and whether the"
                " client is still active"
            )
        try:
            body = answer.json()
            token, life = str(body["access_token"]), float(body.get("expires_in", 3600))
        except (ValueError, KeyError, TypeError):
            raise SourceError("the token address did not answer with an access_token") from None
        now = self._clock()
        self._token = token
        self._renew_at, self._ends_at = now + timedelta(seconds=0.9 * life), now + timedelta(seconds=life)


def _jwt_end(token: str) -> datetime | None:
    """The ``exp`` of a JWT; None of any other token."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return datetime.fromtimestamp(float(claims["exp"]), UTC)
    except (binascii.Error, ValueError, KeyError, TypeError, OverflowError, OSError):
        return None
