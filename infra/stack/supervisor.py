"""Starts, watches, restarts and ends the processes of a stack, and lets none outlive it.

The children die with this process however it ends: `leash.py` sees to it, and needs Linux. They are not in the
terminal's process group, so a Ctrl-C reaches only this process, which then stops them in order.
"""

import fcntl
import json
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import psutil

from infra.stack.ports import write_whole

_LOCK_FILE = "supervisor.lock"
_CHILDREN_FILE = "children.json"
_LEASH = Path(__file__).with_name("leash.py")
_LIVED_LONG = 30.0
_LONGEST_DELAY = 10.0

_log = logging.getLogger(__name__)

OnExit = Callable[[str, int, int], None]


class DirectoryInUseError(Exception):
    """Another supervisor lives on this directory; the text names its pid."""


class ChildFailedError(Exception):
    """A child ended or stayed silent when it should have been ready; the text names its log file."""


@dataclass(frozen=True)
class Program:
    """What to run, and how to know that it runs.

    `environment` is laid over this process's own. `account` is (uid, gid), or None to stay. `is_ready` is asked until
    it says yes, at most for `ready_within` seconds. `restart` brings the child back when it ends unasked.
    `stop_signal` is given `stop_within` seconds, then SIGKILL.
    """

    argv: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    account: tuple[int, int] | None = None
    is_ready: Callable[[], bool] | None = None
    ready_within: float = 60.0
    restart: bool = False
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within: float = 20.0


def leashed(argv: Sequence[str], account: tuple[int, int] | None) -> list[str]:
    """The command that runs `argv` as `account` (uid, gid; None to stay) until the thread that forks it ends."""
    uid, gid = account or (-1, -1)
    return [sys.executable, "-I", "-S", str(_LEASH), str(os.getpid()), str(uid), str(gid), *argv]


def restart_delay(restarts: int) -> float:
    """Seconds before a restart that `restarts` quick ones went before: 0, then 0.5 and doubling, at most 10."""
    return 0.0 if restarts == 0 else min(0.5 * 2.0 ** (restarts - 1), _LONGEST_DELAY)


@dataclass
class _Child:
    program: Program
    # None while it is down. Reaped and signalled only under the lock, so its number cannot be another process's.
    process: subprocess.Popen[bytes] | None = None
    wanted: bool = True
    proven: bool = False  # was ready once: only then is a restart any use


class Supervisor:
    """Owns a directory (a lock and `logs/`) and the child processes started in it. Usable from any thread.

    `on_exit(name, pid, returncode)` is called once the kernel has reported that a child ended, asked or not; a
    returncode below 0 is the signal that ended it. It may start and stop other children, not that one. Raises
    DirectoryInUseError when another supervisor owns the directory.
    """

    def __init__(self, directory: Path, *, on_exit: OnExit | None = None) -> None:
        if sys.platform != "linux":
            raise RuntimeError("the supervisor needs Linux (WSL 2 will do): elsewhere use infra/compose.yaml")
        self._directory = directory
        self._on_exit = on_exit
        (directory / "logs").mkdir(parents=True, exist_ok=True)
        self._lock_file = _claim(directory)
        _end_leftovers(directory / _CHILDREN_FILE)
        self._changed = threading.Condition()
        self._children: dict[str, _Child] = {}
        # The kernel ties a child to the *thread* that forked it (prctl(2)), so one thread that lives on forks them all.
        self._forks: queue.SimpleQueue[
            tuple[Future[subprocess.Popen[bytes]], Callable[[], subprocess.Popen[bytes]]] | None
        ]
        self._forks = queue.SimpleQueue()
        threading.Thread(target=self._fork_forever, name="fork", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop all children and give the directory up."""
        self.stop_all()
        self._forks.put(None)
        self._lock_file.close()

    def log_path(self, name: str) -> Path:
        """The file that holds what the child wrote to stdout and stderr, over all its starts."""
        return self._directory / "logs" / f"{name}.log"

    def start(self, name: str, program: Program) -> int:
        """Start a child and return its pid when it is ready.

        Raises ChildFailedError when it ends first or is not ready in time (it is then stopped), ValueError when `name`
        runs already.
        """
        child = _Child(program)
        with self._changed:
            if name in self._children:
                raise ValueError(f"{name} runs already: stop it first")
            self._children[name] = child
            try:
                process = self._fork(name, child)
            except BaseException:  # also a Ctrl-C must leave nothing behind
                del self._children[name]
                raise
        threading.Thread(target=self._watch, args=(name, child), name=f"watch-{name}", daemon=True).start()
        try:
            self.wait_ready(name)
        except BaseException:  # also a Ctrl-C must leave nothing behind
            self.stop(name)
            raise
        return process.pid

    def wait_ready(self, name: str) -> None:
        """Return when the child answers, also after a restart. Raises ChildFailedError as `start` does."""
        child = self._child(name)
        deadline = time.monotonic() + child.program.ready_within
        while True:
            is_ready = child.program.is_ready
            if child.process is not None and (is_ready is None or is_ready()):
                child.proven = True
                return
            if self._children.get(name) is not child:
                raise ChildFailedError(f"{name} ended before it was ready: see {self.log_path(name)}")
            if time.monotonic() > deadline:
                raise ChildFailedError(
                    f"{name} was not ready within {child.program.ready_within:.0f} s: see {self.log_path(name)}"
                )
            with self._changed:
                self._changed.wait(0.05)

    def pid(self, name: str) -> int | None:
        """The child's pid, or None while it is down."""
        with self._changed:
            child = self._children.get(name)
            return child.process.pid if child and child.process else None

    def names(self) -> list[str]:
        """The children that run or are about to be restarted, in the order of their start."""
        with self._changed:
            return list(self._children)

    def kill(self, name: str, signal_number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to a child; one that ends by it counts as ended unasked. Raises KeyError when it is down."""
        with self._changed:
            process = self._child(name).process
            if process is None:
                raise KeyError(f"{name} is down")
            os.kill(process.pid, signal_number)

    def stop(self, name: str, signal_number: signal.Signals | None = None) -> None:
        """End a child for good and return when it has ended; nothing happens when it does not run.

        `signal_number` takes the place of the program's own stop signal.
        """
        with self._changed:
            child = self._children.get(name)
            if child is None:
                return
            child.wanted = False
            self._changed.notify_all()
            if child.process is not None:
                os.kill(child.process.pid, signal_number or child.program.stop_signal)
                os.kill(child.process.pid, signal.SIGCONT)  # a child that was paused can act on it only now
            if not self._wait_gone(name, child, child.program.stop_within):
                if child.process is not None:
                    os.kill(child.process.pid, signal.SIGKILL)
                self._wait_gone(name, child, None)

    def stop_all(self) -> None:
        """Stop all children, the last started first."""
        for name in reversed(self.names()):
            self.stop(name)

    def _child(self, name: str) -> _Child:
        if (child := self._children.get(name)) is None:
            raise KeyError(f"{name} does not run")
        return child

    def _wait_gone(self, name: str, child: _Child, seconds: float | None) -> bool:
        return self._changed.wait_for(lambda: self._children.get(name) is not child, seconds)

    def _fork_forever(self) -> None:
        while (job := self._forks.get()) is not None:
            future, fork = job
            try:
                future.set_result(fork())
            except BaseException as error:
                future.set_exception(error)

    def _fork(self, name: str, child: _Child) -> subprocess.Popen[bytes]:
        """Start the process of `child` and note it. Called with the lock held."""
        program = child.program
        argv = leashed(program.argv, program.account)

        def fork() -> subprocess.Popen[bytes]:
            with self.log_path(name).open("ab") as log:
                return subprocess.Popen(
                    argv,
                    env={**os.environ, **program.environment},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )

        future: Future[subprocess.Popen[bytes]] = Future()
        self._forks.put((future, fork))
        child.process = future.result()
        self._note_children()
        return child.process

    def _watch(self, name: str, child: _Child) -> None:
        restarts = 0
        while (process := child.process) is not None:
            began = time.monotonic()
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            # Not reaped yet, so its number is still its own: whatever it left in its group can be ended by it.
            os.killpg(process.pid, signal.SIGKILL)
            with self._changed:
                returncode = process.wait()
                child.process = None
                self._note_children()
            self._report(name, process.pid, returncode)
            restarts = 0 if time.monotonic() - began > _LIVED_LONG else restarts
            with self._changed:
                try:
                    if child.program.restart and child.proven:
                        self._changed.wait_for(lambda: not child.wanted, restart_delay(restarts))
                        restarts += 1
                        if child.wanted:
                            self._fork(name, child)
                finally:
                    if child.process is None:
                        del self._children[name]
                    self._changed.notify_all()

    def _report(self, name: str, pid: int, returncode: int) -> None:
        if self._on_exit is None:
            return
        try:
            self._on_exit(name, pid, returncode)
        except Exception as error:  # the watch must go on; the text of a caller's error may hold patient data
            _log.error("on_exit failed for %s (pid %d): %s", name, pid, type(error).__name__)

    def _note_children(self) -> None:
        noted = {}
        for name, child in self._children.items():
            if child.process is not None:
                noted[name] = [child.process.pid, psutil.Process(child.process.pid).create_time()]
        write_whole(self._directory / _CHILDREN_FILE, json.dumps(noted))


def _claim(directory: Path) -> IO[str]:
    file = (directory / _LOCK_FILE).open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        owner = file.read().strip()
        file.close()
        raise DirectoryInUseError(
            f"{directory} is in use by process {owner}: end that process or choose another directory"
        ) from None
    file.seek(0)
    file.truncate()
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def _end_leftovers(path: Path) -> None:
    """Wait for the children of a supervisor that was killed: they are about to end, but may still hold their files."""
    if not path.exists():
        return
    leftovers = []
    for pid, created in json.loads(path.read_text()).values():
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            if process.create_time() == created:  # else the number has been given to another process since
                process.kill()
                leftovers.append(process)
    deadline = time.monotonic() + 20
    while any(_lives(process) for process in leftovers) and time.monotonic() < deadline:
        time.sleep(0.02)


def _lives(process: psutil.Process) -> bool:
    """Whether it still holds files: a zombie does while threads of it remain, and no longer.

    (In a container without an init a zombie stays for ever.)
    """
    try:
        return process.is_running() and (process.status() != psutil.STATUS_ZOMBIE or process.num_threads() > 1)
    except psutil.NoSuchProcess:
        return False
