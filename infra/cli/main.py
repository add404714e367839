"""``dualrun``: every verb that ops drive. Reports go to standard output, progress and errors to standard error."""

from __future__ import annotations

import signal
import sys

import typer
from confluent_kafka import KafkaException
from rich.console import Console

from infra.cli import (
    attachments,
    components,
    conflicts,
    control,
    decisions,
    demo,
    export,
    mapping,
    obligations,
    owners,
    prepare,
    profile,
    run,
    schema,
    status,
)
from infra.settings import SettingsError
from infra.stack.jars import JarError
from infra.stack.ports import NoFreePortError
from infra.stack.stack import StackError
from infra.stack.supervisor import ChildFailedError, DirectoryInUseError
from producers.source import SourceError
from producers.workdir import WorkDirectoryError
from schemas.broker import BrokerError
from schemas.decisions import DecisionsError
from schemas.mapping import MappingError
from sinks.twenty.errors import TwentyError
from sinks.twenty.schema.provisioner import SchemaError

app = typer.Typer(
    name="dualrun",
    help="Keeps a clinic's old system and Twenty CRM in step, continuously, until the clinic cuts over.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(demo.demo)
app.command()(run.run)
app.command()(prepare.prepare)
app.command()(components.poll)
app.command()(components.process)
app.command()(components.sink)
app.command()(status.status)
app.command()(control.sources)
app.command()(control.pause)
app.command()(control.resume)
app.command()(control.approve)
app.command()(control.resnapshot)
app.command()(profile.profile)
app.command()(profile.propose)
app.command()(obligations.held)
app.add_typer(schema.app, name="schema")
app.add_typer(mapping.app, name="mapping")
app.add_typer(decisions.app, name="decisions")
app.add_typer(conflicts.conflicts, name="conflicts")
app.add_typer(conflicts.side_effects, name="side-effects")
app.command()(owners.owners)
app.command()(attachments.attachments)
app.command("rebuild-package")(export.rebuild_package)

_ASK = (SettingsError, MappingError, DecisionsError)
_FOUND = (
    BrokerError,
    StackError,
    JarError,
    NoFreePortError,
    ChildFailedError,
    DirectoryInUseError,
    SchemaError,
    WorkDirectoryError,
    SourceError,
    TwentyError,
)


def main() -> None:
    """Entry point. Exit codes: 0 done, 1 the answer is no, 2 usage or settings, 3 a system is not as expected."""
    # ended by `timeout`, systemd or a container's end: as by Ctrl-C, so that what holds a clinic's rows is removed
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        app()
    except _ASK as error:
        Console(stderr=True).print(str(error), style="red", highlight=False, markup=False, soft_wrap=True)
        sys.exit(2)
    except _FOUND as error:
        Console(stderr=True).print(str(error), style="red", highlight=False, markup=False, soft_wrap=True)
        sys.exit(3)
    except KafkaException as error:
        # the text of other exceptions is not printed: it could quote what a client was handling
        Console(stderr=True).print(f"Kafka: {error.args[0].str()}", style="red", highlight=False, markup=False)
        sys.exit(3)


if __name__ == "__main__":
    main()
