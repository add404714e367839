"""What leaves Jiva: lists of a REST API, and the settings of a source that reads them."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from infra.clinics.jiva.words import PREFIXES
from infra.sources.rest_api import ClinicApi, PostgresTables, serve
from infra.stack.ports import remembered_ports

_BY_CURSOR = {"paging": {"kind": "cursor", "parameter": "cursor", "next": "next_cursor", "size": 200}}
_IN_PARALLEL = {"paging": {"kind": "offset", "parameter": "offset", "size": 50}, "parallel": 4}
_READ: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "member": ("members", _BY_CURSOR),
    "organization": ("organizations", _BY_CURSOR),
    "payer": ("payers", _BY_CURSOR),
    "coordinator": ("coordinators", _BY_CURSOR),
    "care_plan": ("care_plans", _BY_CURSOR),
    "authorization": ("authorizations", _BY_CURSOR),
    "assessment": ("assessments", _BY_CURSOR),
    "encounter": ("encounters", _IN_PARALLEL),
    "clinical_note": ("clinical_notes", _IN_PARALLEL),
    "action_item": ("action_items", _BY_CURSOR),
    "attachment": ("attachments", _BY_CURSOR),
    "activity": ("activities", _IN_PARALLEL),
    "connections": ("connections", _BY_CURSOR),
    "care_pathways": ("pathways", _BY_CURSOR),
}
"""Object, or export, of the mapping -> its list, and how that is read."""

LISTS: Mapping[str, Mapping[str, Any]] = {
    name: {
        "path": f"/v1/{table}",
        "rows": "data",
        "modified_since": "updated_since",
        "record": f"/v1/{table}/{{id}}",
        **reading,
    }
    for name, (table, reading) in _READ.items()
}
"""``source.objects`` of the settings."""
_START_SECONDS = 60


class Api:
    """A context manager: the API, on a port that ``directory`` remembers."""

    def __init__(self, url: str, directory: Path) -> None:
        keys = dict.fromkeys(PREFIXES, "id")
        self._server = serve(ClinicApi(PostgresTables(url, keys), keys), _port(directory))
        self._thread = threading.Thread(target=self._server.run, name="jiva-api", daemon=True)

    @staticmethod
    def source(directory: Path) -> dict[str, Any]:
        """The settings' section that reads the lists. Half of a small list may go at once."""
        return {
            "kind": "rest",
            "url": f"http://127.0.0.1:{_port(directory)}",
            "objects": LISTS,
            "poll_seconds": 1,
            "sweep_seconds": 5,
            "overlap_seconds": 2,
            "missing_ratio": 0.5,
        }

    def __enter__(self) -> Self:
        self._thread.start()
        until = time.monotonic() + _START_SECONDS
        while not self._server.started:
            if time.monotonic() > until or not self._thread.is_alive():
                raise RuntimeError("the API did not start: see whether something else listens on its port")
            time.sleep(0.05)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join()

    def export(self) -> float:
        """Every request is answered from the tables as they are."""
        return 0


def _port(directory: Path) -> int:
    """The same until somebody listens there."""
    directory.mkdir(parents=True, exist_ok=True)
    return remembered_ports(directory / "ports.json", ["api"], random.SystemRandom())["api"]
