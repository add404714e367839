"""Loopback ports that a stack keeps over restarts, so that clients find it again."""

import json
import random
import socket
from collections.abc import Collection, Sequence
from pathlib import Path

# Below Linux's range for outgoing connections (32768 and up): inside it, a client that retries while the server is
# down can be given the server's own port and connect to itself, and the server cannot come back.
_FIRST, _LAST = 20_000, 31_999


class NoFreePortError(Exception):
    """No port of the range could be bound; the text names the range."""


def is_free(port: int) -> bool:
    """Whether nobody listens on this port of 127.0.0.1 (or of all addresses)."""
    with socket.socket() as probe:
        # As servers do: a port that only waits for late packets of closed connections counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def remembered_ports(path: Path, names: Sequence[str], rng: random.Random) -> dict[str, int]:
    """A free port for each name: the one in the JSON file at `path` unless it is taken, else a random one.

    Writes the file. Raises NoFreePortError.
    """
    known: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
    ports: dict[str, int] = {}
    for name in names:
        port = known.get(name)
        ports[name] = port if port and is_free(port) else free_port(rng, avoid={*known.values(), *ports.values()})
    write_whole(path, json.dumps(known | ports, indent=1) + "\n")
    return ports


def free_port(rng: random.Random, avoid: Collection[int] = ()) -> int:
    """A random port on which nobody listens, not one of `avoid`. Raises NoFreePortError."""
    for port in rng.sample(range(_FIRST, _LAST + 1), 200):
        if port not in avoid and is_free(port):
            return port
    raise NoFreePortError(
        f"no free port on 127.0.0.1 between {_FIRST} and {_LAST}: end what listens there, then start again"
    )


def write_whole(path: Path, text: str) -> None:
    """Write a file so that whoever reads it, even after a kill -9, finds the old text or the new one."""
    partial = path.with_suffix(".partial")
    partial.write_text(text)
    partial.replace(path)
