"""Kafka's own jars from Maven Central: pinned by `kafka.lock`, kept in the user's cache, checked on every use.

`python -m infra.stack.jars` resolves the lock anew (after a change of `KAFKA_VERSION`); commit what it writes.
"""

import hashlib
import re
import tempfile
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
from jgo.maven import MavenContext
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from tenacity import retry, retry_if_exception, stop_after_attempt, wait_random_exponential

KAFKA_VERSION = "4.3.0"
MAVEN_CENTRAL = "https://repo1.maven.org/maven2"
LOCK_PATH = Path(__file__).with_name("kafka.lock")
# The broker's own dependencies hold no binding from SLF4J 1.7 to Log4j 2; without one it logs nothing at all.
ROOTS = (f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}", "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4")

_LOCK_LINE = re.compile(r"(?P<sha256>[0-9a-f]{64})  (?P<group>[\w.-]+):(?P<artifact>[\w.-]+):(?P<version>[\w.-]+)")


class JarError(Exception):
    """A jar could not be had, or the lock file cannot be read; the text says which and what to do."""


@dataclass(frozen=True, order=True)
class Jar:
    """One file of a Maven repository: its coordinates and the SHA-256 (hex) of its bytes."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def path(self) -> str:
        """Where the jar lies under a repository's address, by Maven's layout."""
        return f"{self.group.replace('.', '/')}/{self.artifact}/{self.version}/{self.artifact}-{self.version}.jar"


@dataclass(frozen=True)
class Lock:
    """The jars that make a class path, and the address of the repository that has them."""

    repository: str
    jars: tuple[Jar, ...]


def cache_directory(environ: Mapping[str, str]) -> Path:
    """The user's cache for jars: `$XDG_CACHE_HOME/dualrun/jars`, by default under `~/.cache`."""
    home = environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "dualrun" / "jars"


def read_lock(path: Path = LOCK_PATH) -> Lock:
    """Read a lock file: comments, one `repository <address>` line, then `<sha256>  <group>:<artifact>:<version>` lines.

    Raises JarError with file and line when a line is anything else.
    """
    repository = ""
    jars: list[Jar] = []
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        if not line or line.startswith("#"):
            continue
        if line.startswith("repository "):
            repository = line.removeprefix("repository ").rstrip("/")
        elif match := _LOCK_LINE.fullmatch(line):
            jars.append(Jar(match["group"], match["artifact"], match["version"], match["sha256"]))
        else:
            raise JarError(
                f"{path}:{number}: expected `<sha256>  <group>:<artifact>:<version>`; "
                "write the file anew with `python -m infra.stack.jars`"
            )
    if not repository or not jars:
        raise JarError(f"{path}: expected a `repository` line and at least one jar")
    return Lock(repository, tuple(jars))


def fetch(lock: Lock, cache: Path) -> list[Path]:
    """Give the paths of all jars of `lock`, in its order, and download those that are missing or damaged.

    Shows progress on stderr while it downloads. Raises JarError when a jar cannot be had or is not the locked one.
    """
    paths = [cache / jar.path for jar in lock.jars]
    wanting = [jar for jar, path in zip(lock.jars, paths, strict=True) if not _is_intact(path, jar.sha256)]
    if wanting:
        _download_all(lock.repository, wanting, cache)
    return paths


def _is_intact(path: Path, sha256: str) -> bool:
    return path.is_file() and _sha256(path) == sha256


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _download_all(repository: str, jars: Iterable[Jar], cache: Path) -> None:
    jars = list(jars)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with (
        Progress(*columns, console=Console(stderr=True)) as progress,
        httpx.Client(follow_redirects=True, timeout=60) as client,
        ThreadPoolExecutor(max_workers=8) as pool,
    ):
        task = progress.add_task("downloading jars", total=len(jars))
        for _ in pool.map(lambda jar: _download(client, repository, jar, cache / jar.path), jars):
            progress.advance(task)


def _may_pass(error: BaseException) -> bool:
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code == 429 or error.response.status_code >= 500
    return isinstance(error, httpx.TransportError)


@retry(
    retry=retry_if_exception(_may_pass),
    stop=stop_after_attempt(4),
    wait=wait_random_exponential(max=5),
    reraise=True,
)
def _body(client: httpx.Client, url: str) -> bytes:
    return client.get(url).raise_for_status().content


def _download(client: httpx.Client, repository: str, jar: Jar, path: Path) -> None:
    url = f"{repository}/{jar.path}"
    try:
        body = _body(client, url)
    except httpx.HTTPError as error:
        raise JarError(
            f"cannot download {url}: {error}; check network, proxy and certificates, then start again"
        ) from error
    found = hashlib.sha256(body).hexdigest()
    if found != jar.sha256:
        raise JarError(
            f"{url} has SHA-256 {found}, the lock says {jar.sha256}; something between here and there alters it"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    # Another start may fetch the same jar: each writes a file of its own, and the last rename wins.
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as partial:
        partial.write(body)
    Path(partial.name).replace(path)


def resolve(roots: Iterable[str], repository: str, scratch: Path) -> Lock:
    """Resolve the run-time class path of `roots` (Maven coordinates), downloaded under `scratch`, into a lock.

    Where two roots bring different versions of one artifact, the first root's stays.
    """
    context = MavenContext(repo_cache=scratch, remote_repos={"locked": repository})
    chosen: dict[tuple[str, str], Jar] = {}
    # One by one: jgo lets each root manage the others' versions, so Log4j's parent would take Kafka's Jackson back.
    for root in roots:
        resolved, transitive = context.resolver.resolve([context.create_dependency(root)])
        for found in (*resolved, *transitive):
            jar = Jar(found.groupId, found.artifactId, found.version, _sha256(found.artifact.resolve()))
            chosen.setdefault((jar.group, jar.artifact), jar)
    return Lock(repository, tuple(sorted(chosen.values())))


def main() -> None:
    """Write `kafka.lock` anew from `ROOTS`."""
    with tempfile.TemporaryDirectory() as scratch:
        lock = resolve(ROOTS, MAVEN_CENTRAL, Path(scratch))
    lines = [
        f"# The class path of Apache Kafka {KAFKA_VERSION}. Written by `python -m infra.stack.jars`; do not edit.",
        f"repository {lock.repository}",
        *(f"{jar.sha256}  {jar.group}:{jar.artifact}:{jar.version}" for jar in lock.jars),
    ]
    LOCK_PATH.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
