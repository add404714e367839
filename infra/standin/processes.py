"""Two server processes behind one address, of which one learns late of new objects and fields."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from infra.standin.workspace import Workspace


class Processes:
    """Calls go to the two in turn. For `lag_s` seconds after a change of the data model the second one does not know
    what is new: it answers as if the object or field did not exist.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._second = False
        self.lag_s = 0.0

    @contextmanager
    def call(self) -> Iterator[None]:
        """One call on records; what it does with the workspace must not wait for anything."""
        self._second = not self._second
        young = self._young() if self._second else {}
        known = self._workspace.tables
        with ExitStack() as stack:
            for name, columns in young.items():
                stack.enter_context(known[name].without(columns))
            # Every object has an id, so one whose id is new is new itself.
            self._workspace.tables = {
                name: table for name, table in known.items() if "id" not in young.get(name, frozenset())
            }
            try:
                yield
            finally:
                self._workspace.tables = known

    def _young(self) -> dict[str, frozenset[str]]:
        now = self._workspace.clock()
        found: defaultdict[str, set[str]] = defaultdict(set)
        for (name, column), born in self._workspace.born.items():
            if now < born + self.lag_s and name in self._workspace.tables:
                found[name].add(column)
        return {name: frozenset(columns) for name, columns in found.items()}
