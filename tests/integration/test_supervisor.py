"""The supervisor on real processes: what ends is known, what should live comes back, nothing outlives it."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from infra.stack.supervisor import ChildFailedError, DirectoryInUseError, Program, Supervisor, restart_delay
from tests.waiting import until

SLEEP = ["sleep", "1000"]
Exit = tuple[str, int, int]


def runs(pid: int) -> bool:
    """Whether the process lives (one that waits to be reaped does not)."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def exits() -> list[Exit]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path, exits: list[Exit]) -> Iterator[Supervisor]:
    with Supervisor(tmp_path / "stack", on_exit=lambda *exit_: exits.append(exit_)) as supervisor:
        yield supervisor


def test_a_child_is_ready_when_it_says_so_and_its_output_is_kept(supervisor: Supervisor, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    program = Program(
        ["sh", "-c", 'echo "started by $WHO"; touch "$FLAG"; exec sleep 1000'],
        environment={"WHO": "a test", "FLAG": str(flag)},
        is_ready=flag.exists,
    )
    pid = supervisor.start("child", program)
    assert flag.exists()
    assert supervisor.pid("child") == pid
    assert supervisor.log_path("child").read_text() == "started by a test\n"


def test_an_exit_is_reported_with_pid_and_code(supervisor: Supervisor, exits: list[Exit]) -> None:
    pid = supervisor.start("child", Program(SLEEP))
    supervisor.kill("child")
    until(lambda: not supervisor.names())
    assert exits == [("child", pid, -signal.SIGKILL)]
    assert not runs(pid)


def test_a_child_that_ends_unasked_comes_back_and_one_that_is_stopped_does_not(
    supervisor: Supervisor, exits: list[Exit]
) -> None:
    pids = [supervisor.start("child", Program(SLEEP, restart=True))]
    for _ in range(2):  # the second time with a delay
        supervisor.kill("child")
        until(lambda: supervisor.pid("child") not in (None, pids[-1]))
        pids.append(supervisor.pid("child") or 0)
    supervisor.stop("child")
    assert supervisor.names() == []
    assert [pid for _, pid, _ in exits] == pids
    assert not any(runs(pid) for pid in pids)


def test_a_child_is_stopped_while_it_waits_for_its_restart(supervisor: Supervisor, exits: list[Exit]) -> None:
    supervisor.start("child", Program(["sleep", "0.1"], restart=True))
    until(lambda: len(exits) >= 3)  # by now it waits a second
    supervisor.stop("child")
    assert supervisor.names() == []
    assert all(code == 0 for _, _, code in exits)


def test_restarts_begin_at_once_then_wait_longer_up_to_a_limit() -> None:
    assert [restart_delay(restarts) for restarts in range(8)] == [0, 0.5, 1, 2, 4, 8, 10, 10]
    assert restart_delay(1000) == 10


def test_a_child_that_ends_before_it_is_ready_is_an_error_that_names_its_log(
    supervisor: Supervisor, exits: list[Exit]
) -> None:
    program = Program(["sh", "-c", "echo why; exit 3"], is_ready=lambda: False, restart=True)
    with pytest.raises(ChildFailedError, match=str(supervisor.log_path("child"))):
        supervisor.start("child", program)
    assert [code for _, _, code in exits] == [3], "what never worked is not restarted"
    assert supervisor.names() == []


def test_a_child_that_is_never_ready_is_stopped(supervisor: Supervisor, exits: list[Exit]) -> None:
    with pytest.raises(ChildFailedError, match="not ready within 0 s"):
        supervisor.start("child", Program(SLEEP, is_ready=lambda: False, ready_within=0.2))
    assert [code for _, _, code in exits] == [-signal.SIGTERM]


def test_a_program_that_does_not_exist_is_an_error(supervisor: Supervisor) -> None:
    with pytest.raises(ChildFailedError):
        supervisor.start("child", Program(["no-such-program"], is_ready=lambda: False))
    assert "cannot run no-such-program: No such file" in supervisor.log_path("child").read_text()


def test_a_name_runs_once(supervisor: Supervisor) -> None:
    supervisor.start("child", Program(SLEEP))
    with pytest.raises(ValueError, match="child runs already"):
        supervisor.start("child", Program(SLEEP))


def test_a_child_that_is_down_cannot_be_signalled(supervisor: Supervisor) -> None:
    with pytest.raises(KeyError, match="child does not run"):
        supervisor.kill("child")


def test_children_stop_in_reverse_order(supervisor: Supervisor, exits: list[Exit]) -> None:
    for name in ("first", "second", "third"):
        supervisor.start(name, Program(SLEEP))
    supervisor.stop_all()
    assert [name for name, _, _ in exits] == ["third", "second", "first"]


def test_a_paused_child_stops_in_order(supervisor: Supervisor, exits: list[Exit]) -> None:
    supervisor.start("child", Program(SLEEP))
    supervisor.kill("child", signal.SIGSTOP)
    supervisor.stop("child")
    assert [code for _, _, code in exits] == [-signal.SIGTERM]


def test_a_child_that_ignores_the_stop_signal_is_killed(
    supervisor: Supervisor, exits: list[Exit], tmp_path: Path
) -> None:
    deaf = tmp_path / "deaf"
    command = ["sh", "-c", f"trap '' TERM; touch {deaf}; while :; do sleep 1000; done"]
    supervisor.start("child", Program(command, is_ready=deaf.exists, stop_within=0.2))
    supervisor.stop("child")
    assert [code for _, _, code in exits] == [-signal.SIGKILL]


def test_what_a_child_leaves_in_its_group_ends_with_it(supervisor: Supervisor, tmp_path: Path) -> None:
    note = tmp_path / "grandchild"
    supervisor.start("child", Program(["sh", "-c", f"sleep 1000 & echo $! > {note}"]))
    until(lambda: not supervisor.names())
    grandchild = int(note.read_text())
    until(lambda: not runs(grandchild))


def test_a_child_outlives_the_thread_that_asked_for_it(supervisor: Supervisor, exits: list[Exit]) -> None:
    asker = threading.Thread(target=supervisor.start, args=("child", Program(SLEEP)))
    asker.start()
    asker.join()
    pid = supervisor.start("witness", Program(["sleep", "0.5"]))
    until(lambda: len(exits) > 0)
    assert exits == [("witness", pid, 0)]
    assert supervisor.pid("child") is not None


def test_a_failing_callback_does_not_end_the_watch(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def on_exit(name: str, pid: int, returncode: int) -> None:
        raise RuntimeError("Jane Doe")

    with Supervisor(tmp_path, on_exit=on_exit) as supervisor:
        pid = supervisor.start("child", Program(SLEEP, restart=True))
        supervisor.kill("child")
        until(lambda: supervisor.pid("child") not in (None, pid))
    assert "on_exit failed for child" in caplog.text
    assert "Jane" not in caplog.text


def test_a_directory_has_one_supervisor_at_a_time(supervisor: Supervisor, tmp_path: Path) -> None:
    with pytest.raises(DirectoryInUseError, match=f"in use by process {os.getpid()}"):
        Supervisor(tmp_path / "stack")
    supervisor.close()
    Supervisor(tmp_path / "stack").close()


def test_nothing_is_left_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    code = """
import sys, time
from pathlib import Path
from infra.stack.supervisor import Program, Supervisor
supervisor = Supervisor(Path(sys.argv[1]))
print(*(supervisor.start(name, Program(["sleep", "1000"], restart=True)) for name in "ab"), flush=True)
time.sleep(1000)
"""
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pids = [int(pid) for pid in process.stdout.readline().split()]
        assert len(pids) == 2
        assert all(runs(pid) for pid in pids)
        process.kill()
    until(lambda: not any(runs(pid) for pid in pids))
    Supervisor(tmp_path).close()


def test_a_leftover_is_ended_and_a_process_that_got_its_number_is_spared(tmp_path: Path) -> None:
    leftover, stranger = subprocess.Popen(SLEEP), subprocess.Popen(SLEEP)
    try:
        created = psutil.Process(leftover.pid).create_time()
        noted = {"leftover": [leftover.pid, created], "stranger": [stranger.pid, created - 60]}
        (tmp_path / "children.json").write_text(json.dumps(noted))
        Supervisor(tmp_path).close()
        assert not runs(leftover.pid)
        assert runs(stranger.pid)
    finally:
        for process in (leftover, stranger):
            process.kill()
            process.wait()
