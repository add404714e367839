"""A profile as one HTML page for the clinic: what has to be decided, then what is good to know, then everything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
p.pale, small, td small { color: var(--pale); }
table { border-collapse: collapse; width: 100%; } .wide { overflow-x: auto; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
.cards { display: flex; flex-wrap: wrap; gap: 1rem; margin: 1.2rem 0; }
.card { background: var(--card); border-radius: 8px; padding: .7rem 1.1rem; }
.card b { display: block; font-size: 1.5rem; }
details { background: var(--card); border-radius: 8px; margin: .6rem 0; padding: .5rem 1rem; }
summary { cursor: pointer; font-weight: 600; } code { font: 13px/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
meter { width: 6rem; height: .7rem; } .bad { color: var(--bad); font-weight: 600; }
"""
_PROMISE = (
    "Record keys and counts only: of patients and of free text no value is shown, just how values are built (A, a:"
    " letters, 9: digits)."
)
_KINDS = {
    "duplicate": ("Possible duplicates", "records with the same name and the same birth date, e-mail or phone"),
    "cycle": ("Circles", "records that refer to each other in a circle"),
    "orphan": ("Orphans", "records that refer to one that is not there; those of a line name the same one"),
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
            f'<p class="pale">Read on {escape(profile.taken_at)}. {_PROMISE}</p>',
            _cards(profile),
            *_decide(profile),
            *_know(profile),
            *_relations(profile.relations),
            "<h2>Objects</h2>",
            *(_object(one, profile) for one in sorted(profile.objects, key=lambda one: (-one.rows, one.name))),
            "</body></html>",
        )
    )


def _cards(profile: Profile) -> str:
    counted = {kind: sum(one.kind == kind for one in profile.findings) for kind in _KINDS}
    numbers = (
        ("objects", len(profile.objects)),
        ("rows", sum(one.rows for one in profile.objects)),
        ("fields", sum(len(one.columns) for one in profile.objects)),
        ("possible duplicates", counted["duplicate"]),
        ("circles", counted["cycle"]),
        ("missing parents", counted["orphan"]),
    )
    cards = "".join(f'<div class="card"><b>{n:,}</b>{what}</div>' for what, n in numbers)
    return f'<div class="cards">{cards}</div>'


def _decide(profile: Profile) -> Iterable[str]:
    yield "<h2>To decide</h2>"
    if not profile.findings:
        yield "<p>Nothing: no duplicates, circles or orphans were found.</p>"
    for kind, (title, what) in _KINDS.items():
        groups: dict[tuple[str, str], list[Finding]] = {}
        for one in profile.findings:
            if one.kind == kind:
                groups.setdefault((one.object, one.reference or ""), []).append(one)
        for (name, reference), found in sorted(groups.items(), key=lambda item: -len(item[1])):
            place = f"{name}.{reference}" if reference else name
            records = sum(len(one.keys) for one in found)
            yield (
                f"<details><summary>{title} in {escape(place)}: {len(found):,} ({records:,} records)</summary>"
                f'<p class="pale">{what}</p><ul>'
            )
            for one in found[:_MOST]:
                keys = ", ".join(one.keys[:_MOST]) + (" …" if len(one.keys) > _MOST else "")
                yield f"<li><code>{escape(keys)}</code></li>"
            yield "</ul>" + (f"<p>{len(found) - _MOST:,} more are in the JSON.</p>" if len(found) > _MOST else "")
            yield "</details>"


def _know(profile: Profile) -> Iterable[str]:
    rows = []
    for one in profile.objects:
        if one.trouble:
            rows.append((1.0, one.name, f'<span class="bad">{escape(one.trouble)}</span>', ""))
        for count, what in ((one.without_email, "without a usable e-mail"), (one.stale, "no activity in 24 months")):
            if count:
                rows.append((count / one.rows, one.name, what, f"{count:,} of {one.rows:,}"))
        if one.shared_emails:
            rows.append((0.01, one.name, "e-mail addresses that several share", f"{one.shared_emails:,}"))
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
        f"<td>{'declared' if one.declared else 'found by comparison'}</td>"
        f'<td class="n">{one.filled:,}</td><td class="n">{one.rate:.1%}</td>'
        f'<td class="n">{one.filled - one.matched:,}</td></tr>'
        for one in sorted(relations, key=lambda one: (one.matched - one.filled, one.object, one.column))
    )
    heads = '<th>From</th><th>To</th><th></th><th class="n">Filled</th><th class="n">Match</th><th class="n">Lost</th>'
    yield f'<div class="wide"><table><tr>{heads}</tr>{cells}</table></div>'


def _object(one: ObjectFacts, profile: Profile) -> str:
    key = f"key {', '.join(one.key)}" if one.key else "no key"
    leads = {relation.column: relation.to for relation in profile.relations if relation.object == one.name}
    rows = "".join(_column(column, one.rows, leads.get(column.name, "")) for column in one.columns)
    heads = '<th>Field</th><th>Type</th><th>Filled</th><th class="n">Distinct</th><th>Values or forms</th>'
    return (
        f"<details><summary>{escape(one.name)}: {one.rows:,} rows, {len(one.columns)} fields"
        f" <small>{escape(key)}</small></summary>"
        f'<div class="wide"><table><tr>{heads}</tr>{rows}</table></div></details>'
    )


def _column(column: Column, rows: int, to: str) -> str:
    kind = " ".join(part for part in (column.type, column.form, column.format) if part)
    if column.values:
        shown = ", ".join(f"{escape(text)} <small>{count:,}</small>" for text, count in column.values)
    else:
        shown = ", ".join(f"<code>{escape(mask)}</code>" for mask, _ in column.patterns)
    if to:
        shown = f"→ {escape(to)}"
    fill = column.fill(rows)
    return (
        f"<tr><td><code>{escape(column.name)}</code></td><td>{escape(kind)}</td>"
        f'<td><meter value="{fill:.3f}" title="{fill:.1%}"></meter> {fill:.0%}</td>'
        f'<td class="n">{column.distinct:,}</td><td>{shown}</td></tr>'
    )
