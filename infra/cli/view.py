"""The live view: captured, held, written per object; lag; budget."""

from __future__ import annotations

from collections import Counter

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from infra.metrics import value
from infra.monitor import Look, outcomes_of
from schemas.records import Outcome

_WRITTEN = (Outcome.CREATED, Outcome.UPDATED, Outcome.ADOPTED, Outcome.RESTORED, Outcome.DELETED)


def render(title: str, look: Look, metrics: str) -> RenderableType:
    """The table of one look. Shows counts only: no keys, no values."""
    table = Table(title=title, title_justify="left", expand=False)
    table.add_column("object")
    for heading in ("captured", "held", "parked", "written", "unchanged", "superseded", "dead letters"):
        table.add_column(heading, justify="right")
    account = look.account
    letters = Counter(letter.object for letter in account.dead_letters)
    for name in sorted(account.captured):
        names = [name] if name != "derived" else sorted({n for n, _ in account.outcomes if n.startswith("~")})

        def count(*outcomes: Outcome, names: list[str] = names) -> str:
            return f"{sum(outcomes_of(account, n, *outcomes) for n in names):,}"

        table.add_row(
            name,
            f"{account.captured[name]:,}",
            f"{sum(look.held[n] for n in names):,}",
            f"{sum(look.parked[n] for n in names):,}",
            count(*_WRITTEN),
            count(Outcome.UNCHANGED),
            count(Outcome.SUPERSEDED),
            f"{sum(letters[n] for n in names):,}",
        )
    return Group(table, _lines(look, metrics))


def _lines(look: Look, metrics: str) -> Text:
    lag = "–" if look.lag is None else f"p50 {look.lag[0]:.1f} s, p95 {look.lag[1]:.1f} s, p99 {look.lag[2]:.1f} s"
    tokens, limit = value(metrics, "dualrun_rate_budget_tokens"), value(metrics, "dualrun_rate_budget_limit")
    throttled = value(metrics, "dualrun_sink_throttled_total")
    account = look.account
    return Text(
        f"source to Twenty, last minute: {lag}\n"
        f"to hold {account.lag:,}   to send {account.pending:,}   links owed {look.links_owed:,}"
        f"   flagged {account.flagged:,}   unaccounted {len(account.unaccounted):,}\n"
        f"budget: {_number(tokens)} tokens of {_number(limit)} a minute, refused {_number(throttled)}"
    )


def _number(amount: float | None) -> str:
    return "–" if amount is None else f"{amount:,.0f}"
