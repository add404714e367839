"""Twenty as the tests of a system read it, and the ledger of what that has shown. ``showcase`` is each module's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from infra.showcase import Showcase
from tests.integration.systems.customer import Reading
from tests.integration.systems.ledger import Ledger, Shows
from tests.waiting import until


@pytest.fixture
def twenty(showcase: Showcase) -> Iterator[Reading]:
    with Reading(showcase) as twenty:
        yield twenty


@pytest.fixture(scope="module", autouse=True)
def ledger(request: pytest.FixtureRequest, showcase: Showcase) -> Iterator[Ledger]:
    """Closed when the module's tests are over: an error where a need of the system was not shown.

    Where only some of them were asked for, or one has failed, nothing follows from what is missing.
    """
    made, failed = Ledger(showcase.system), request.session.testsfailed
    yield made
    module = request.node
    asked = {item.function for item in request.session.items if isinstance(item, pytest.Function)}
    every = {one for name, one in vars(module.obj).items() if name.startswith("test_")}
    if every <= asked and request.session.testsfailed == failed:
        assert made.unshown() == []


@pytest.fixture
def shows(request: pytest.FixtureRequest, ledger: Ledger, twenty: Reading) -> Shows:
    """``shows(row, need, read, wanted)``: what is read, from Twenty where the row has a target, becomes what is wanted;
    that shows the need."""
    test = request.function.__name__

    def show(row: str, needs: str | tuple[str, ...], read: Callable[[], Any], wanted: Any) -> None:
        assert wanted, "nothing is shown by nothing"
        before = twenty.read
        until(lambda: read() == wanted)
        assert twenty.read > before or ledger.rows[row].twenty == "none", "that was not read from Twenty"
        for need in (needs,) if isinstance(needs, str) else needs:
            ledger.shown(row, need, test)

    return show
