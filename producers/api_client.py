"""Requests to a source's HTTP API: paced, repeated where that helps, with errors that quote nothing."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import orjson
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from producers.api_auth import Auth
from producers.api_clock import ApiClock
from producers.source import SourceError

log = logging.getLogger("dualrun.rest")

_ATTEMPTS = 4
_PATIENCE = 3.0
"""Longer waits that the API asks for are not sat out in the middle of a read: the object rests, others go on."""
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


class RefusedError(SourceError):
    """The API understood the request and does not like it."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


class _PassingError(Exception):
    def __init__(self, text: str, wait: float | None = None) -> None:
        super().__init__(text)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Answer:
    """body: parsed. next_url: the ``next`` of a Link header."""

    body: Any
    next_url: str | None


class ApiClient:
    """Safe to share between threads.

    per_minute: requests that may be sent, spaced evenly; None for no limit of ours. clock: learns what time the answers
    tell. sleep: seconds.
    """

    def __init__(
        self,
        http: httpx.Client,
        auth: Auth,
        *,
        per_minute: float | None,
        clock: ApiClock,
        monotonic: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._http = http
        self.auth = auth
        self._spacing = 60 / per_minute if per_minute else 0.0
        self.clock = clock
        self._monotonic = monotonic
        self._sleep = sleep
        self._lock = threading.Lock()
        self._slot = self._rest_until = monotonic()
        self._told_at: float | None = None

    def get(self, path: str, parameters: Mapping[str, str]) -> Answer:
        """The JSON at ``path`` (or at an absolute URL of the same origin). Raises SourceError, RefusedError."""
        where = path.partition("?")[0] if path.startswith("/") else "the next page"
        if not path.startswith("/") and _origin(httpx.URL(path)) != _origin(self._http.base_url):
            raise SourceError("the next page is on another host, port or scheme, which the credential is not for")
        response = self._patiently("GET", path, parameters, where)
        try:
            body = _parsed(response.content)
        except (ValueError, RecursionError):
            raise SourceError(f"{where} answered something that is no JSON: is the path right?") from None
        return Answer(body, response.links.get("next", {}).get("url"))

    def listen(self, fresh_seconds: float) -> None:
        """Has the server tell its clock, where no answer has done so for a while. Raises SourceError."""
        if self._told_at is None or self._monotonic() - self._told_at > fresh_seconds:
            try:
                self._note(self._http.head("/", headers=self.auth.headers()))
            except httpx.HTTPError as error:
                raise SourceError(f"no answer ({type(error).__name__}): is the API up, and the URL right?") from None

    def _patiently(self, method: str, path: str, parameters: Mapping[str, str], where: str) -> httpx.Response:
        rest = self._rest_until - self._monotonic()
        if rest > 0:
            raise SourceError("the API has asked to be left alone for a while (429); reading goes on by itself")

        backoff = wait_random_exponential(multiplier=0.2, max=2)

        def wait(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            asked = error.wait if isinstance(error, _PassingError) else None
            return backoff(state) if asked is None else asked

        retrying = Retrying(
            stop=stop_after_attempt(_ATTEMPTS),
            wait=wait,
            retry=retry_if_exception_type(_PassingError),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return retrying(self._once, method, path, parameters, where)
        except _PassingError as error:
            raise SourceError(f"{where}: {error} {_ATTEMPTS} times running") from None

    def _once(self, method: str, path: str, parameters: Mapping[str, str], where: str) -> httpx.Response:
        headers = self.auth.headers()
        response = self._send(method, path, parameters, headers)
        if response.status_code == 401 and self.auth.refused(headers):
            response = self._send(method, path, parameters, self.auth.headers())
        status = response.status_code
        if status in _PASSING:
            wait = _retry_after(response, self.clock.server())
            if wait is not None and wait > _PATIENCE:
                self._rest_until = self._monotonic() + wait
                raise SourceError(f"{where}: the API asks to wait {wait:.0f} s ({status}); reading goes on by itself")
            raise _PassingError(f"answered {status}", wait)
        if status in (401, 403):
            raise RefusedError(
                f"{where} answered {status}: the credential is not valid, or may not read this. Put a valid one in"
                " its place; nothing is lost meanwhile, reading goes on where it stopped",
                status,
            )
        if status >= 300:
            raise RefusedError(f"{where} answered {status}: look at its path and parameters in the settings", status)
        return response

    def _send(self, method: str, path: str, parameters: Mapping[str, str], headers: dict[str, str]) -> httpx.Response:
        with self._lock:
            now = self._monotonic()
            at = max(now, self._slot)
            self._slot = at + self._spacing
        if at > now:
            self._sleep(at - now)
        try:
            response = self._http.request(method, path, params=parameters or None, headers=headers)
        except httpx.HTTPError as error:
            # from None: httpx's texts can hold the URL, and a filter in it a value
            raise _PassingError(f"no answer ({type(error).__name__})") from None
        self._note(response)
        return response

    def _note(self, response: httpx.Response) -> None:
        self._told_at = self._monotonic()
        try:
            self.clock.told(parsedate_to_datetime(response.headers["date"]).astimezone(UTC))
        except (KeyError, ValueError):
            return


def _parsed(content: bytes) -> Any:
    """One text with half a character, a byte of another encoding or a number such as NaN must not hide a whole page: it
    is read as far as it goes, and what is no character stays a surrogate, by which its row is known."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return json.loads(content.decode("utf-8-sig", "surrogateescape"), strict=False, parse_constant=str)


def _retry_after(response: httpx.Response, now: datetime) -> float | None:
    """Seconds, whether the header gives seconds or a date; None without one."""
    text = response.headers.get("retry-after", "")
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
    except (ValueError, TypeError):
        return None


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
