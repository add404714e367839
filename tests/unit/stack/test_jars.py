"""The lock file, and a cache that is checked on every use."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from infra.stack.jars import KAFKA_VERSION, Jar, JarError, Lock, cache_directory, fetch, read_lock


class _Recorder(SimpleHTTPRequestHandler):
    """Serves a directory and notes what was asked for."""

    asked: list[str]

    def __init__(self, *arguments: object, asked: list[str], directory: str) -> None:
        self.asked = asked
        super().__init__(*arguments, directory=directory)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        super().do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@contextmanager
def _repository(directory: Path) -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Recorder, asked=asked, directory=str(directory)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _publish(directory: Path, artifact: str, body: bytes) -> Jar:
    jar = Jar("org.example", artifact, "1.0", hashlib.sha256(body).hexdigest())
    path = directory / jar.path
    path.parent.mkdir(parents=True)
    path.write_bytes(body)
    return jar


def test_the_committed_lock_is_a_class_path_of_the_pinned_kafka() -> None:
    lock = read_lock()
    assert Jar("org.apache.kafka", "kafka_2.13", KAFKA_VERSION, _sha_of(lock, "kafka_2.13")) in lock.jars
    artifacts = [(jar.group, jar.artifact) for jar in lock.jars]
    assert len(set(artifacts)) == len(artifacts), "two versions of one artifact on a class path"
    jackson = {jar.version.split(".")[:2][1] for jar in lock.jars if jar.group.startswith("com.fasterxml.jackson")}
    assert len(jackson) == 1, "Jackson's jars work only with one another's minor version"


def _sha_of(lock: Lock, artifact: str) -> str:
    return next(jar.sha256 for jar in lock.jars if jar.artifact == artifact)


def test_a_damaged_jar_is_fetched_again_and_an_intact_one_is_not(tmp_path: Path) -> None:
    remote, cache = tmp_path / "remote", tmp_path / "cache"
    jars = (_publish(remote, "one", b"first"), _publish(remote, "two", b"second"))
    with _repository(remote) as (address, asked):
        lock = Lock(address, jars)
        one, two = fetch(lock, cache)
        assert (one.read_bytes(), two.read_bytes()) == (b"first", b"second")
        asked.clear()
        two.write_bytes(b"sec")
        assert fetch(lock, cache) == [one, two]
    assert two.read_bytes() == b"second"
    assert asked == [f"/{jars[1].path}"]


def test_a_jar_that_is_not_the_locked_one_is_refused_and_not_kept(tmp_path: Path) -> None:
    remote, cache = tmp_path / "remote", tmp_path / "cache"
    jar = _publish(remote, "one", b"first")
    (remote / jar.path).write_bytes(b"something else")
    with _repository(remote) as (address, _), pytest.raises(JarError, match=f"{jar.path} has SHA-256"):
        fetch(Lock(address, (jar,)), cache)
    assert not [path for path in cache.rglob("*") if path.is_file()]


def test_a_jar_that_the_repository_lacks_is_an_error_that_names_it(tmp_path: Path) -> None:
    missing = Jar("org.example", "absent", "1.0", "0" * 64)
    with _repository(tmp_path) as (address, asked), pytest.raises(JarError, match=r"absent-1\.0\.jar"):
        fetch(Lock(address, (missing,)), tmp_path / "cache")
    assert len(asked) == 1, "asking again does not help when the answer is 404"


def test_a_lock_line_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.lock"
    path.write_text("# a comment\nrepository https://repo.example\nabc  org.example:one:1.0\n")
    with pytest.raises(JarError, match=r"broken\.lock:3: expected"):
        read_lock(path)
    path.write_text("repository https://repo.example\n")
    with pytest.raises(JarError, match="at least one jar"):
        read_lock(path)


def test_the_cache_follows_xdg() -> None:
    assert cache_directory({"XDG_CACHE_HOME": "/caches"}) == Path("/caches/dualrun/jars")
    assert cache_directory({}) == Path.home() / ".cache/dualrun/jars"
