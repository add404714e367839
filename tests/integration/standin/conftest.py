"""The stand-in of 1.10 without a limit, one for each module; a module that needs another makes its own."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.contract.conftest import KEY, running_standin

HEADERS = {"Authorization": f"Bearer {KEY}"}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_standin(tmp_path_factory.mktemp("standin"), "--limit", "0") as (_, own):
        yield own


@pytest.fixture
def http(url: str) -> Iterator[httpx.Client]:
    """Over an empty workspace."""
    with httpx.Client(base_url=url, headers=HEADERS) as client:
        client.post("/standin/reset", json={"era": "1.10"}).raise_for_status()
        yield client
