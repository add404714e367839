"""Prometheus metrics on loopback: each component serves its own, ``run`` and ``demo`` serve them together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, start_http_server
from prometheus_client.parser import text_string_to_metric_families


def serve(port: int) -> None:
    """Serves this process's metrics on 127.0.0.1. The process collectors go: merged texts may name a metric once."""
    for collector in list(REGISTRY._collector_to_names):
        if type(collector).__module__.startswith("prometheus_client."):
            names = REGISTRY._collector_to_names[collector]
            if any(name.startswith(("python_", "process_")) for name in names):
                REGISTRY.unregister(collector)
    start_http_server(port, addr="127.0.0.1")


def scrape(port: int) -> str | None:
    """What the process behind ``port`` serves, None while it does not answer."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=2).raise_for_status().text
    except httpx.HTTPError:
        return None


def value(text: str, name: str) -> float | None:
    """The sum of a metric's samples over all labels; None where there is none."""
    samples = [
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    ]
    return sum(samples) if samples else None


def serve_together(port: int, read: Callable[[], str]) -> ThreadingHTTPServer:
    """Serves ``read()`` under ``/metrics`` on 127.0.0.1 from a thread of its own; ``shutdown()`` ends it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != "/metrics":
                self.send_error(404)
                return
            body = read().encode()
            self.send_response(200)
            self.send_header("Content-Type", CONTENT_TYPE_LATEST)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Scrapes are no news."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server
