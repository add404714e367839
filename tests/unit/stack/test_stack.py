"""What a start that comes to nothing leaves behind; what one that succeeds does, needs real servers."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from infra.stack.stack import POSTGRES_SETTING, LocalStack
from infra.stack.supervisor import ChildFailedError, Program, Supervisor


@pytest.mark.parametrize(
    ("error", "keep", "stays"),
    [(ChildFailedError, False, True), (KeyboardInterrupt, True, True), (KeyboardInterrupt, False, False)],
    ids=["failed", "interrupted, to be kept", "interrupted"],
)
def test_only_an_interrupted_start_takes_its_directory_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException], keep: bool, stays: bool
) -> None:
    def ends(*_: object) -> None:
        raise error

    monkeypatch.setattr(LocalStack, "_start_kafka", ends)
    directory = tmp_path / "stack"
    with pytest.raises(error):
        LocalStack(directory, keep=keep, environ={POSTGRES_SETTING: "postgresql://elsewhere/none"}).start()
    assert directory.exists() is stays
    with pytest.raises(error):
        LocalStack(directory, keep=keep, environ={POSTGRES_SETTING: "postgresql://elsewhere/none"}).start()


@pytest.fixture
def heard() -> Iterator[None]:
    """A shell starts what it puts into the background deaf to Ctrl-C, these tests perhaps."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard")
def test_what_is_on_its_way_when_it_is_interrupted_is_ended_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """initdb runs, for one: the server after it is started by a thread that no Ctrl-C reaches."""
    stopping, begun = threading.Event(), threading.Event()
    command = ["sleep", f"1000.{os.getpid()}"]
    stop_all = Supervisor.stop_all

    def stops(supervisor: Supervisor) -> None:
        stopping.set()
        stop_all(supervisor)

    def interrupted(*_: object) -> None:
        begun.wait(30)
        signal.raise_signal(signal.SIGINT)

    def late(stack: LocalStack, _: object) -> None:
        begun.set()
        stopping.wait(30)
        stack.supervisor.start("late", Program(command))

    monkeypatch.setattr(Supervisor, "stop_all", stops)
    monkeypatch.setattr(LocalStack, "_start_kafka", interrupted)
    monkeypatch.setattr(LocalStack, "_start_postgres", late)
    with pytest.raises(KeyboardInterrupt):
        LocalStack(tmp_path / "stack", keep=False, environ={}).start()
    assert not (tmp_path / "stack").exists()
    # not asked one by one: a child of another test may end meanwhile
    assert not [one for one in psutil.process_iter(["cmdline"]) if (one.info["cmdline"] or [])[-2:] == command]
