"""A clinic's API on a port of its own, for as long as a test needs it."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from infra.sources.rest_api import ClinicApi, serve
from infra.stack.ports import free_port
from tests.waiting import until


@contextmanager
def serving(api: ClinicApi) -> Iterator[str]:
    """Its URL."""
    port = free_port(random.SystemRandom())
    server = serve(api, port)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until(lambda: server.started, what="the start of the server")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(30)
