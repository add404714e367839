"""Speed of the Twenty stand-in over HTTP, so that it is known not to be what another benchmark measures.

Upserts of people (a name, an e-mail, a phone, two texts), new ones first and then the same again, over REST batches and
GraphQL, without a rate limit, from as many connections as are asked for.
"""

from __future__ import annotations

import argparse
import http.client
import os
import platform
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

import orjson
import psutil

from infra.bench.sink import KEY, standin

_MUTATION = "mutation($people: [PersonCreateInput!]!) {createPeople(data: $people, upsert: true) {id updatedAt}}"


def people(count: int) -> list[dict[str, object]]:
    return [
        {
            "id": str(uuid.uuid4()),
            "name": {"firstName": f"Ada{number % 997}", "lastName": f"Byrne{number}"},
            "emails": {"primaryEmail": f"ada{number}@example.org", "additionalEmails": []},
            "phones": {"primaryPhoneNumber": f"+1415555{number % 10_000:04}"},
            "city": "Springfield",
            "jobTitle": "teacher",
        }
        for number in range(count)
    ]


def rest(records: Sequence[object]) -> tuple[str, bytes]:
    return "/rest/batch/people?upsert=true", orjson.dumps(records)


def graphql(records: Sequence[object]) -> tuple[str, bytes]:
    return "/graphql", orjson.dumps({"query": _MUTATION, "variables": {"people": records}})


def send(url: str, calls: Sequence[tuple[str, bytes]]) -> None:
    """All calls over one connection, in order. Raises RuntimeError for a refusal."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    for path, body in calls:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status not in (200, 201) or text.startswith(b'{"errors"'):
            raise RuntimeError(f"HTTP {answer.status}: {text[:200]!r}")
    connection.close()


def measure(
    url: str,
    server: psutil.Process,
    shape: Callable[[Sequence[object]], tuple[str, bytes]],
    records: list[dict[str, object]],
    batch: int,
    connections: int,
) -> str:
    calls = [shape(records[start : start + batch]) for start in range(0, len(records), batch)]
    threads = [threading.Thread(target=send, args=(url, calls[place::connections])) for place in range(connections)]
    began, cpu = time.perf_counter(), sum(server.cpu_times()[:2])
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds, spent = time.perf_counter() - began, sum(server.cpu_times()[:2]) - cpu
    return f"{len(records) / seconds:8.0f} records/s, {len(records) / spent:8.0f} per CPU second of the server"


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.bench standin", description=__doc__)
    parser.add_argument("--records", type=int, default=24_000)
    parser.add_argument("--connections", type=int, default=2)
    options = parser.parse_args(arguments)
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python "
        f"{platform.python_version()}, uvicorn {version('uvicorn')}, {options.connections} connections"
    )
    for shape in (rest, graphql):
        for batch in (60, 200):
            with (
                tempfile.TemporaryDirectory(prefix="dualrun-bench-") as name,
                standin(Path(name), "--limit", "0") as url,
            ):
                (server,) = psutil.Process().children()
                records = people(options.records)
                for what in ("new", "again"):
                    figure = measure(url, server, shape, records, batch, options.connections)
                    print(f"{shape.__name__:8} batches of {batch:3}, {what:5}: {figure}")
