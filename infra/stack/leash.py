"""Runs a program that dies with the process that asked for it: `python leash.py PARENT UID GID PROGRAM ARGUMENT...`.

Started by the supervisor as a script and replaced by the program at once (exec), so pid and signals are the program's.
A wrapper, not `preexec_fn`: that one runs Python between fork and exec, which can deadlock in a process with threads.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main(parent: int, uid: int, gid: int, program: list[str]) -> None:
    """Take the identity (uid and gid, -1 to stay), tie this process to its parent, and become `program`.

    Ends without doing so when the parent is no longer `parent`: then it has died before it could be tied to.
    """
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    # After setuid: a change of credentials clears it (prctl(2)).
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("the supervisor ended before its child began")
    try:
        os.execvp(program[0], program)  # noqa: S606
    except OSError as error:
        sys.exit(f"cannot run {program[0]}: {error.strerror}")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
