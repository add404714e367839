"""A clinic's API on a port of its own, for as long as a test needs it."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from infra.sources.rest_api import ClinicApi, serve
from infra.stack.ports import free_port


@contextmanager
def serving(api: ClinicApi) -> Iterator[str]:
    """Its URL."""
    port = free_port(random.SystemRandom())
    server = serve(api, port)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + 30
        while not server.started:
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.01)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(30)
