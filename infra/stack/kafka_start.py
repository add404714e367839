"""Starts Kafka so that whatever its former life left in mid-commit is ended right; the supervisor runs this file.

A broker that died unasked is, in its own metadata, alive and the leader of everything until the controller has missed
its session. It loads its transactions in that state, and while the controller then fences it, Kafka 4.3 takes each
partition for a deleted one: it completes the transactions without writing their markers
(`TransactionMarkerChannelManager`: "these partitions are likely deleted already"), and no read-committed reader gets
past them ever after. Replicated clusters are spared, because another broker leads then. So after an unclean end the
controller runs alone until it has fenced the broker; the broker then finds nothing that it could take for its own.

Needs only the standard library. Arguments: the file with the broker's settings, then the command that runs a file of
settings, without the file.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

_LEASH = Path(__file__).with_name("leash.py")
_CLEAN_MARK = ".kafka_cleanshutdown"
_ACTIVE = "Becoming the active controller"
_KEPT = "Processed maybeFenceStaleBroker("
_FENCED = re.compile(r"RegisterBrokerRecord|BrokerRegistrationChangeRecord\(.*\bfenced=(?P<change>-?\d)")
_ALONE = {"process.roles": "controller", "broker.session.timeout.ms": "200", "broker.heartbeat.interval.ms": "100"}


def controller_alone(settings: dict[str, str]) -> dict[str, str]:
    """The settings of a combined node, without its broker and with a session that ends at once."""
    listeners = [entry for entry in settings["listeners"].split(",") if entry.startswith("CONTROLLER:")]
    kept = {name: value for name, value in settings.items() if name != "advertised.listeners"}
    return {**kept, **_ALONE, "listeners": ",".join(listeners)}


def has_fenced(lines: Iterable[str]) -> bool:
    """Reads the controller's log (level DEBUG) until it is in the metadata log that the only broker is fenced.

    False when the log ends before. A change shows in the log when it is made, which is before it is kept: only then
    is the task that made it processed.
    """
    active = fenced = False
    for line in lines:
        active = active or _ACTIVE in line
        if found := _FENCED.search(line):
            change = found["change"]
            # a registration begins fenced; in a change, 1 is fenced, -1 the opposite, 0 neither
            fenced = fenced if change == "0" else change != "-1"
        if active and fenced and _KEPT in line:
            return True
    return False


def main(settings_path: Path, command: list[str]) -> None:
    """Becomes the broker's process. Exits with a message when the controller ends before it has fenced the broker."""
    settings = dict(line.split("=", 1) for line in settings_path.read_text().splitlines())
    data = Path(settings["log.dirs"])
    if (data / "__cluster_metadata-0").is_dir() and not (data / _CLEAN_MARK).exists():
        alone = settings_path.with_name("controller.properties")
        alone.write_text("".join(f"{name}={value}\n" for name, value in controller_alone(settings).items()))
        talking = [
            command[0],
            "-XX:TieredStopAtLevel=1",
            *command[1:-1],
            "-Dlog4j2.level=DEBUG",
            command[-1],
            str(alone),
        ]
        leash = [sys.executable, "-I", "-S", str(_LEASH), str(os.getpid()), "-1", "-1"]
        with subprocess.Popen([*leash, *talking], stdout=subprocess.PIPE, text=True) as controller:
            fenced = has_fenced(controller.stdout or ())
            controller.kill()
        if not fenced:
            sys.exit("the controller ended before it had fenced the broker of the former life")
    os.execv(command[0], [*command, str(settings_path)])  # noqa: S606


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
