"""Reads Twenty back over HTTP and compares every field with what is expected.

A report names object, source key and field, never a value: values are patient data.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from infra.clinics.values import Content, Email, Expected, ExpectedRow, RecordPage, Reference, Unique

PAGE = 200
"""Rows of a page: the most that Twenty 1.10 gives."""
PATIENCE_SECONDS = 300
LINKS = {"taskTarget": "task", "noteTarget": "note", "attachment": "note"}
"""Objects whose rows have no source key of their own -> what they hang on; a file may hang on anything."""

Row = dict[str, Any]


class ComparisonError(RuntimeError):
    """Twenty could not be read to the end; names the object and the HTTP status."""


class _TryAgainError(Exception):
    def __init__(self, status: int | None) -> None:
        super().__init__(f"HTTP {status}" if status else "no answer")


@dataclass(frozen=True, order=True, slots=True)
class Mismatch:
    """``key`` is the source key of the record; ``field`` is empty where the whole row is meant."""

    object: str
    key: str
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """``compared``: field values looked at. Equal when there is no mismatch."""

    compared: int
    mismatches: tuple[Mismatch, ...]


def compare(base_url: str, api_key: str, expected: Expected, tokens: Callable[[], None] | None = None) -> Comparison:
    """Compare all of Twenty with ``expected``.

    tokens: called before each request that Twenty rations; returns when the request may leave.
    Raises ComparisonError where Twenty refuses, or throttles for longer than PATIENCE_SECONDS.
    """
    with httpx.Client(base_url=base_url, timeout=60) as http:
        reader = _Reader(http, api_key, tokens or (lambda: None))
        plurals = expected.plurals
        live = {name: list(reader.rows(name, plural)) for name, plural in plurals.items()}
        own = {"person", "company", *expected.ours_alone}
        trashed = {name: list(reader.rows(name, plurals[name], trashed=True)) for name in own}
        return compare_rows(expected, live, trashed, reader.download)


def compare_rows(
    expected: Expected,
    live: Mapping[str, list[Row]],
    trashed: Mapping[str, list[Row]],
    download: Callable[[str], Content],
) -> Comparison:
    """``live``, ``trashed``: rows by object as Twenty answers them. ``download``: what is behind a file's link."""
    return _Comparing(expected, live, trashed, download).result()


def canonical(value: Any) -> Any:
    """A value with all of Twenty's ways to say "nothing" made one: null, "", [], and a composite without its head.

    An amount of money is a number here, whether Twenty answers it as text or not.
    """
    if isinstance(value, Mapping):
        if "amountMicros" in value:
            amount = value["amountMicros"]
            value = {} if amount in (None, "") else {**value, "amountMicros": int(amount)}
        elif "primaryPhoneNumber" in value and not value["primaryPhoneNumber"]:
            value = {}
        parts = {name: canonical(part) for name, part in value.items()}
        return {name: part for name, part in parts.items() if part is not None} or None
    if isinstance(value, list):
        return [canonical(item) for item in value] or None
    return None if value == "" else value


def same(wanted: Any, found: Any) -> bool:
    """Whether Twenty's answer says what is wanted. Of a composite only the sub-fields that are wanted are looked at."""
    if isinstance(wanted, datetime):
        return isinstance(found, str) and _milliseconds(datetime.fromisoformat(found)) == _milliseconds(wanted)
    if isinstance(wanted, Mapping):
        found = {name: found.get(name) for name in wanted} if isinstance(found, Mapping) else found
    left, right = canonical(wanted), canonical(found)
    return type(left) is type(right) and bool(left == right)


def _milliseconds(moment: datetime) -> int:
    """Twenty holds milliseconds."""
    return int(moment.timestamp()) * 1000 + moment.microsecond // 1000


class _Reader:
    def __init__(self, http: httpx.Client, api_key: str, tokens: Callable[[], None]) -> None:
        self._http = http
        self._headers = {"Authorization": f"Bearer {api_key}"}
        self._tokens = tokens

    def rows(self, name: str, plural: str, *, trashed: bool = False) -> Iterator[Row]:
        query = {"limit": str(PAGE), "depth": "0", **({"filter": "deletedAt[is]:NOT_NULL"} if trashed else {})}
        while True:
            answer = self._patiently(name, lambda: self._page(plural, query)).json()
            yield from answer["data"][plural]
            if not answer["pageInfo"]["hasNextPage"]:
                return
            query["starting_after"] = answer["pageInfo"]["endCursor"]

    def download(self, link: str) -> Content:
        """The link carries its own token, and may lead to another host: the API key stays here."""
        content = self._patiently("attachment", lambda: self._http.get(link)).content
        return Content(len(content), hashlib.sha256(content).hexdigest())

    def _page(self, plural: str, query: Mapping[str, str]) -> httpx.Response:
        self._tokens()
        return self._http.get(f"/rest/{plural}", params=query, headers=self._headers)

    def _patiently(self, name: str, request: Callable[[], httpx.Response]) -> httpx.Response:
        """One answer, after as many attempts as throttling and faults on the way ask for."""
        retrying = Retrying(
            retry=retry_if_exception_type(_TryAgainError),
            wait=wait_random_exponential(multiplier=0.25, max=5),
            stop=stop_after_delay(PATIENCE_SECONDS),
            reraise=True,
        )
        try:
            return retrying(_answer, name, request)
        except _TryAgainError as refusal:
            raise ComparisonError(f"reading {name} from Twenty: {refusal}, for {PATIENCE_SECONDS} s") from None


def _answer(name: str, request: Callable[[], httpx.Response]) -> httpx.Response:
    try:
        answer = request()
    except httpx.TransportError:
        raise _TryAgainError(None) from None
    throttled = answer.status_code == 429 or (answer.status_code == 400 and b"Limit reached" in answer.content)
    if throttled or answer.status_code >= 500:
        raise _TryAgainError(answer.status_code)
    if answer.status_code != 200:
        raise ComparisonError(f"reading {name} from Twenty: HTTP {answer.status_code}; expected 200")
    return answer


class _Comparing:
    """One comparison of rows that have been read."""

    def __init__(
        self,
        expected: Expected,
        live: Mapping[str, list[Row]],
        trashed: Mapping[str, list[Row]],
        download: Callable[[str], Content],
    ) -> None:
        self._expected = expected
        self._download = download
        self._compared = 0
        self._mismatches: set[Mismatch] = set()
        self._holders: defaultdict[str, list[str]] = defaultdict(list)
        self._beside: defaultdict[str, list[str]] = defaultdict(list)
        self._sharing: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        self._having: Counter[tuple[str, str]] = Counter()
        self._trashed = {row["id"] for rows in trashed.values() for row in rows}
        self._trashed_emails = {row["emails"]["primaryEmail"] for row in trashed["person"]}
        self._targets = [f"{name}Id" for name in live.keys() - LINKS.keys() - {"task", "note", "workspaceMember"}]
        self._keys: dict[str, str] = {}
        for name in live.keys() - LINKS.keys():
            for row in live[name]:
                self._keys[row["id"]] = _own_key(name, row)
        self._live = {name: [(self._key(name, row), row) for row in rows] for name, rows in live.items()}

    def result(self) -> Comparison:
        for name in self._expected.plurals:
            self._compare_object(name, self._expected.rows[name])
        self._compare_emails()
        self._compare_unique()
        return Comparison(self._compared, tuple(sorted(self._mismatches)))

    def _key(self, name: str, row: Row) -> str:
        """The key of a row as in ``Expected.rows``; empty where it is not one of ours."""
        if name != "attachment" and name in LINKS:
            owner = self._keys.get(row[f"{LINKS[name]}Id"])
            if owner == "":
                return ""
            about = [self._keys.get(row[column] or "") for column in self._targets if row.get(column)]
            return f"{owner or 'a record that is gone'} -> {', '.join(map(str, filter(None, about))) or 'nobody'}"
        if name == "attachment":
            owners = (self._keys.get(row.get(column) or "") for column in ("noteId", *self._targets))
            owner = next(filter(None, owners), None)
            return f"{owner} -> {row['name']}" if owner else ""
        return self._keys[row["id"]]

    def _compare_object(self, name: str, wanted: Mapping[str, ExpectedRow]) -> None:
        counts = Counter(key for key, _ in self._live[name])
        found = dict(self._live[name])
        for key, row in wanted.items():
            if key not in found:
                self._mismatch(name, row.source, "", "missing")
            elif counts[key] > 1:
                self._mismatch(name, row.source, "", f"there {counts[key]} times")
            else:
                self._compare_row(name, row, found[key])
        for key, row_found in self._live[name]:
            if key not in wanted and not self._allowed(name, key):
                # the name of a file can be patient data
                shown = key.partition(" -> ")[0] if name == "attachment" else key or f"id {row_found['id']}"
                self._mismatch(name, shown, "", "not in the source" if key else "without a source key")

    def _allowed(self, name: str, key: str) -> bool:
        """Rows that nobody expects but that may be there."""
        if not key.startswith(f"{self._expected.system}/"):
            return name not in self._expected.ours_alone and not key.startswith("a record that is gone")
        record = key.partition(" -> ")[0].partition("#")[0]
        if name == "company" and record.startswith(f"{self._expected.system}/~"):
            return True
        return record in self._expected.orphans and record not in self._expected.parked

    def _compare_row(self, name: str, wanted: ExpectedRow, found: Row) -> None:
        for field, value in wanted.fields.items():
            self._compared += 1
            reason = self._difference(wanted.source, field, value, found)
            if reason:
                self._mismatch(name, wanted.source, field, reason)

    def _difference(self, source: str, field: str, wanted: Any, found: Row) -> str:
        """Why the field is not as wanted; empty where it is."""
        match wanted:
            case Reference(_, key):
                return self._relation(key, found.get(f"{field}Id"))
            case Email(address):
                return self._email(source, address, found[field])
            case Unique(text):
                return self._unique((field, text), source, found[field])
            case RecordPage(prefix):
                return "" if found[field] == f"{prefix}{found['id']}" else "differs"
            case Content():
                return "" if self._download(found[field]) == wanted else "the file's bytes differ"
        if field not in found and f"{field}Id" in found:
            return self._relation(None, found[f"{field}Id"])
        if field not in found:
            return "Twenty has no such field"
        return "" if same(wanted, found[field]) else "differs"

    def _relation(self, wanted: str | None, twenty_id: str | None) -> str:
        if twenty_id and twenty_id not in self._keys and twenty_id not in self._trashed:
            return "refers to a row that does not exist"
        found = self._keys.get(twenty_id or "")  # a row in the trash is nobody
        if found == wanted:
            return ""
        return "empty" if found is None else "refers to another row"

    def _email(self, source: str, address: str, found: Mapping[str, Any]) -> str:
        primary, additional = found["primaryEmail"] or None, found["additionalEmails"] or []
        if not address:
            return "" if primary is None and not additional else "differs"
        if primary == address:
            self._holders[address].append(source)
            return "" if not additional else "differs"
        if primary is None and additional == [address]:
            self._beside[address].append(source)
            return ""
        return "differs"

    def _unique(self, wanted: tuple[str, str], source: str, found: str | None) -> str:
        self._sharing[wanted].append(source)
        self._having[wanted] += found == wanted[1]
        return "" if found in (wanted[1], "", None) else "differs"

    def _compare_unique(self) -> None:
        for (field, text), sources in self._sharing.items():
            if self._having[field, text] != 1:
                self._mismatch("person", min(sources), field, "not exactly one row holds the unique value")

    def _compare_emails(self) -> None:
        """Of those who share an address exactly one holds it as primary, unless a row in the trash still does."""
        for address, sources in self._beside.items():
            if not self._holders[address] and address not in self._trashed_emails:
                self._mismatch("person", min(sources), "emails", "nobody holds the shared address as primary")
        for sources in self._holders.values():
            if len(sources) > 1:
                self._mismatch("person", min(sources), "emails", "several rows hold the address as primary")

    def _mismatch(self, name: str, key: str, field: str, reason: str) -> None:
        self._mismatches.add(Mismatch(name, key, field, reason))


def _own_key(name: str, row: Row) -> str:
    return str(row["userEmail"]).strip().lower() if name == "workspaceMember" else row.get("sourceSystemId") or ""
