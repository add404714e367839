"""`python -m infra.standin`: a Twenty for development and tests, on loopback only.

Prints one line of JSON, `{"url": …}`, when it answers.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import sys
import time
from pathlib import Path
from random import SystemRandom

import orjson
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from infra.standin.answers import Answers
from infra.standin.eras import ERAS, era_of
from infra.standin.faults import Faults
from infra.standin.files import MEGABYTE, Files
from infra.standin.gate import Gate
from infra.standin.journal import JournalFormatError
from infra.standin.server import Server
from infra.standin.workspace import Workspace


class DroppableProtocol(H11Protocol):
    """Hands the connection to the application, which a test may have told to drop it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        app: ASGIApp = self.app

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            scope["standin.transport"] = transport
            await app(scope, receive, send)

        self.app = with_transport


class Announced(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, url: str) -> None:
        super().__init__(config)
        self._url = url

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        sys.stdout.write(orjson.dumps({"url": self._url}).decode() + "\n")
        sys.stdout.flush()


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.standin", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--data-dir", type=Path, required=True, help="records, metadata and files live here")
    parser.add_argument("--api-key", required=True)
    parser.add_argument("--era", default="1.10", help=f"the release that it answers like: {', '.join(ERAS)}")
    parser.add_argument(
        "--trait", action="append", default=[], metavar="NAME=VALUE", help="a single trait of another era"
    )
    parser.add_argument("--limit", type=int, default=100, help="tokens per window; 0 = no limit at all")
    parser.add_argument("--window-ms", type=int, default=60_000)
    parser.add_argument("--short-limit", type=int, default=100, help="tokens per short window; 0 = no short window")
    parser.add_argument("--short-window-ms", type=int, default=1000)
    parser.add_argument("--batch-cap", type=int, default=200, help="records that one call may create")
    parser.add_argument("--upload-cap-mb", type=int, default=25, help="megabytes that one upload may have")
    options = parser.parse_args(arguments)
    try:
        era = era_of(options.era, dict(trait.partition("=")[::2] for trait in options.trait))
    except ValueError as error:
        parser.error(str(error))

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", options.port))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"

    random = SystemRandom()
    try:
        workspace = Workspace(options.data_dir, era=era, clock=time.time, random=random, batch_cap=options.batch_cap)
    except JournalFormatError as error:
        parser.error(str(error))
    short = (options.short_limit if options.limit else 0, options.short_window_ms)
    long = (options.limit, options.window_ms)
    gate = Gate(short, long, lambda: time.monotonic() * 1000, Faults(), usage_limits=era.usage_limits)
    files = Files(options.data_dir / "files", options.api_key, options.upload_cap_mb * MEGABYTE)
    server = Server(workspace, gate, Answers(era), files, api_key=options.api_key, base_url=url)
    config = uvicorn.Config(
        server.app(), http=DroppableProtocol, loop="uvloop", log_level="warning", access_log=False, lifespan="off"
    )
    try:
        Announced(config, url).run(sockets=[listener])
    finally:
        workspace.close()


if __name__ == "__main__":
    main()
