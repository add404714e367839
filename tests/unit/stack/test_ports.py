"""Ports that stay the same over restarts and are never taken from somebody else."""

import json
import random
import socket
from pathlib import Path

from infra.stack.ports import is_free, remembered_ports

NAMES = ("kafka", "postgres")


def test_ports_are_remembered(tmp_path: Path) -> None:
    path = tmp_path / "ports.json"
    first = remembered_ports(path, NAMES, random.Random(1))
    assert len(set(first.values())) == 2
    assert remembered_ports(path, NAMES, random.Random(2)) == first


def test_a_remembered_port_that_somebody_else_uses_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ports.json"
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        path.write_text(json.dumps({"kafka": taken, "postgres": 0}))
        ports = remembered_ports(path, NAMES, random.Random(1))
        assert taken not in ports.values()
        with socket.create_connection(("127.0.0.1", taken)):
            other.accept()[0].close()
    assert remembered_ports(path, NAMES, random.Random(1)) == ports, "the new port is the remembered one from now on"


def test_new_ports_are_not_ones_that_outgoing_connections_may_get(tmp_path: Path) -> None:
    lowest_outgoing = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    ports = remembered_ports(tmp_path / "ports.json", NAMES, random.Random(1))
    assert all(port < lowest_outgoing for port in ports.values())


def test_a_port_is_free_until_somebody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert not is_free(port)
    assert is_free(port)
