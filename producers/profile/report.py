"""A profile as one HTML page for the clinic: what has to be decided, then what is good to know, then everything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape

from producers.profile.facts import Column, Finding, ObjectFacts, Profile, Relation

_MOST = 100
_STYLE = """
:root { color-scheme: light dark; --ink: #1d2329; --pale: #66707a; --line: #d9dee3; --back: #fff; --card: #f5f7f9;
  --bar: #3b7dd8; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e3e8ec; --pale: #98a3ad; --line: #39424b; --back: #14181c;
  --card: #1d2329; --bar: #6ea8f2; --bad: #f2938c; } }
body { margin: 2rem auto; max-width: 76rem; padding: 0 1rem; font: 15px/1.5 system-ui, sans-serif; color: var(--ink);
  background: var(--back); }
h1 { font-size: 1.6rem; margin-bottom: 0; } h2 { margin-top: 2.5rem; font-size: 1.2rem; }
h3 { margin: 1.5rem 0 0; font-size: 1rem; } h3 + p { margin-top: 0; }
p.pale, small, td small { color: var(--pale); }
table { border-collapse: collapse; width: 100%; } .wide { overflow-x: auto; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
.cards { display: flex; flex-wrap: wrap; gap: 1rem; margin: 1.2rem 0; }
.card { background: var(--card); border-radius: 8px; padding: .7rem 1.1rem; }
.card b { display: block; font-size: 1.5rem; }
details { background: var(--card); border-radius: 8px; margin: .6rem 0; padding: .5rem 1rem; }
summary { cursor: pointer; font-weight: 600; } code { font: 13px/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
td code { overflow-wrap: normal; } td.one { white-space: nowrap; }
td.shown { min-width: 14rem; } td.shown code { overflow-wrap: anywhere; }
meter { width: 6rem; height: .7rem; } .bad { color: var(--bad); font-weight: 600; }
@media (max-width: 40rem) { meter { display: none; } }
"""
_DATES = (
    ("%Y", "YYYY"),
    ("%y", "YY"),
    ("%m", "MM"),
    ("%d", "DD"),
    ("%H", "hh"),
    ("%I", "hh"),
    ("%M", "mm"),
    ("%S", "ss"),
    ("%f", "ffffff"),
    ("%p", "AM/PM"),
    ("%b", "Mon"),
    ("%B", "Month"),
)
_PROMISE = (
    "Record keys and counts only: of patients and of free text no value is shown, just how values are built (A, a:"
    " letters, 9: digits)."
)
_KINDS = {
    "duplicate": (
        "Possible duplicates",
        "Records with the same name and the same birth date, e-mail or phone. Are they one, and which record survives?",
    ),
    "cycle": ("Circles", "Records that lead to each other in a circle. Twenty can hold it; it can be cut, too."),
    "orphan": (
        "Orphans",
        "Records that name one which is not there. Is another meant, do they come without it, or are they left out?",
    ),
}


def page(profile: Profile) -> str:
    """One self-contained document. It holds record keys and counts; of values only those of choices."""
    title = f"{profile.system}: what is in the source"
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
            f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
            f"<h1>{escape(title)}</h1>",
            f'<p class="pale">Read on {_day(profile.taken_at)}. {_PROMISE}</p>',
            _cards(profile),
            *_decide(profile),
            *_know(profile),
            *_relations(profile.relations),
            "<h2>Objects</h2>",
            *(_object(one, profile) for one in sorted(profile.objects, key=lambda one: (-one.rows, one.name))),
            "</body></html>",
        )
    )


def counted(number: int, noun: str) -> str:
    """As ``1 row`` and ``2 rows``; ``noun`` is one that takes an s."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _day(moment: str) -> str:
    at = datetime.fromisoformat(moment)
    return f"{at.day} {at:%B %Y, %H:%M %Z}".strip()


def _cards(profile: Profile) -> str:
    records = {kind: sum(len(one.keys) for one in profile.findings if one.kind == kind) for kind in _KINDS}
    numbers = (
        (len(profile.objects), "object"),
        (sum(one.rows for one in profile.objects), "row"),
        (sum(len(one.columns) for one in profile.objects), "field"),
        (records["duplicate"], "possible duplicate"),
        (sum(one.kind == "cycle" for one in profile.findings), "circle"),
        (records["orphan"], "orphan"),
    )
    told = [counted(number, noun).split(" ", 1) for number, noun in numbers]
    cards = "".join(f'<div class="card"><b>{number}</b>{what}</div>' for number, what in told)
    return f'<div class="cards">{cards}</div>'


def _decide(profile: Profile) -> Iterable[str]:
    yield "<h2>To decide</h2>"
    if not profile.findings:
        yield "<p>Nothing: no duplicates, circles or orphans were found.</p>"
    leads = {(one.object, one.column): one.to for one in profile.relations}
    for kind, (title, what) in _KINDS.items():
        groups: dict[tuple[str, str], list[Finding]] = {}
        for one in profile.findings:
            if one.kind == kind:
                groups.setdefault((one.object, one.reference or ""), []).append(one)
        if groups:
            yield f'<h3>{title}</h3><p class="pale">{what}</p>'
        for (name, reference), found in sorted(groups.items(), key=lambda item: -len(item[1])):
            said = _said(kind, found, reference, leads.get((name, reference), "record"))
            yield f"<details><summary>{escape(f'{name}: {said}')}</summary><ul>"
            for line in _lines(kind, found[:_MOST]):
                yield f"<li>{line}</li>"
            yield "</ul>" + (f"<p>{len(found) - _MOST:,} more are in the JSON.</p>" if len(found) > _MOST else "")
            yield "</details>"


def _said(kind: str, found: Sequence[Finding], reference: str, to: str) -> str:
    records = counted(sum(len(one.keys) for one in found), "record")
    match kind:
        case "duplicate":
            return f"{records} in {counted(len(found), 'group')}"
        case "cycle":
            return f"{counted(len(found), 'circle')} of {records} by {reference}"
        case _:
            return f"{records} without the {to} named in {reference} ({len(found):,} missing)"


def _lines(kind: str, found: Sequence[Finding]) -> Iterable[str]:
    if kind == "cycle":
        yield from (_keys([*one.keys, one.keys[0]], " → ") for one in found)
        return
    alone = [one.keys[0] for one in found if len(one.keys) == 1]
    for one in found:
        if len(one.keys) > 1:
            yield _keys(one.keys) + (" all name the same" if kind == "orphan" else "")
    if alone:
        yield _keys(alone) + (" each name another" if len(alone) > 1 else "")


def _keys(keys: Sequence[str], between: str = ", ") -> str:
    return f"<code>{escape(between.join(keys[:_MOST]))}{' …' if len(keys) > _MOST else ''}</code>"


def _know(profile: Profile) -> Iterable[str]:
    rows = []
    for one in profile.objects:
        if one.trouble:
            rows.append((1.0, one.name, f'<span class="bad">{escape(one.trouble)}</span>', ""))
        for count, what in ((one.without_email, "without a usable e-mail"), (one.stale, "no activity in 24 months")):
            if count:
                rows.append((count / one.rows, one.name, what, f"{count:,} of {one.rows:,}"))
        if one.shared_emails:
            rows.append((0.01, one.name, "e-mail addresses that several records share", f"{one.shared_emails:,}"))
        empty = [column.name for column in one.columns if not column.filled]
        if empty and one.rows:
            said = f"never filled: <code>{escape(', '.join(empty))}</code>"
            rows.append(
                (len(empty) / len(one.columns) / 10, one.name, said, f"{len(empty)} of {len(one.columns)} fields")
            )
    yield "<h2>Good to know</h2>"
    if not rows:
        yield "<p>Nothing out of the ordinary.</p>"
        return
    cells = "".join(
        f'<tr><td>{escape(name)}</td><td>{what}</td><td class="n">{number}</td></tr>'
        for _, name, what, number in sorted(rows, key=lambda row: (-row[0], row[1]))
    )
    heads = '<th>Object</th><th>What</th><th class="n">How many</th>'
    yield f'<div class="wide"><table><tr>{heads}</tr>{cells}</table></div>'


def _relations(relations: Sequence[Relation]) -> Iterable[str]:
    if not relations:
        return
    yield "<h2>Relations</h2>"
    cells = "".join(
        f"<tr><td><code>{escape(f'{one.object}.{one.column}')}</code></td>"
        f"<td><code>{escape(f'{one.to}.{one.to_column}')}</code></td>"
        f"<td class='one'>{'declared' if one.declared else 'values compared'}</td>"
        f'<td class="n">{one.filled:,}</td><td class="n">{one.rate:.1%}</td>'
        f'<td class="n">{one.filled - one.matched:,}</td></tr>'
        for one in sorted(relations, key=lambda one: (one.matched - one.filled, one.object, one.column))
    )
    heads = (
        '<th>From</th><th>To</th><th>Known by</th><th class="n">Filled</th><th class="n">Found</th>'
        '<th class="n">Missing</th>'
    )
    yield f'<div class="wide"><table><tr>{heads}</tr>{cells}</table></div>'


def _object(one: ObjectFacts, profile: Profile) -> str:
    key = f"key {', '.join(one.key)}" if one.key else "no key"
    leads = {relation.column: relation.to for relation in profile.relations if relation.object == one.name}
    rows = "".join(_column(column, one.rows, leads.get(column.name, "")) for column in one.columns)
    heads = '<th>Field</th><th>Type</th><th>Filled</th><th class="n">Distinct</th><th>Values or forms</th>'
    return (
        f"<details><summary>{escape(one.name)}: {counted(one.rows, 'row')}, {counted(len(one.columns), 'field')}"
        f" <small>{escape(key)}</small></summary>"
        f'<div class="wide"><table><tr>{heads}</tr>{rows}</table></div></details>'
    )


def _column(column: Column, rows: int, to: str) -> str:
    written = column.format
    for directive, letters in _DATES:
        written = written.replace(directive, letters)
    kind = " ".join(part for part in (column.type, column.form, written) if part)
    if column.values:
        shown = ", ".join(f"{escape(text)} <small>{count:,}</small>" for text, count in column.values)
    elif column.type == "datetime" and not column.format:
        shown = ""  # a column of times, and no text that looks like one: its values have one form
    else:
        shown = ", ".join(f"<code>{escape(mask)}</code>" for mask, _ in column.patterns)
    if to:
        shown = f"→ {escape(to)}"
    fill = column.fill(rows)
    return (
        f"<tr><td><code>{escape(column.name)}</code></td><td>{escape(kind)}</td>"
        f'<td><meter value="{fill:.3f}" title="{fill:.1%}"></meter> {fill:.0%}</td>'
        f'<td class="n">{column.distinct:,}</td><td class="shown">{shown}</td></tr>'
    )
