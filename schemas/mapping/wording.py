"""A mapping in plain words, for those who sign it: what becomes of each column, and where each field comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from schemas.mapping.conditions import Bounds, Condition, Conditions, Excluding
from schemas.mapping.language import Merges, Part, Skip
from schemas.mapping.rules import Reference, Rule

_CONVERTERS = {
    "trim": "without space around it",
    "lower": "in lower case",
    "natural": "in lower case, with single spaces",
    "integer": "as a whole number",
    "country": "as the country's English name",
    "country_code": "as the country's two-letter code",
    "state": "as the state's code, judged by the country",
    "postcode": "judged by the country's form of postal codes",
    "minutes": "in whole minutes",
    "html": "from HTML",
    "html_text": "from HTML, the text alone",
    "rtf": "from RTF",
    "phone": "as an international phone number",
    "email": "as an e-mail address",
}


def listed(words: list[str], last: str = "and") -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def quoted(texts: list[str], last: str = "or") -> str:
    return listed([f"“{text}”" for text in texts], last)


def condition(name: str, wanted: Condition) -> str:
    if wanted == "present":
        return f"{name} is filled"
    if wanted == "blank":
        return f"{name} is empty"
    if isinstance(wanted, Excluding):
        return f"{name} is not {quoted(wanted.not_)}"
    if isinstance(wanted, Bounds):
        above = [f"more than {wanted.above}"] if wanted.above is not None else []
        at_most = [f"at most {wanted.at_most}"] if wanted.at_most is not None else []
        return f"{name} is {listed(above + at_most)}"
    return f"{name} is {quoted(list(wanted))}"


def conditions(wanted: Conditions) -> str:
    """``status is “done” and size is filled``; empty where there are none."""
    return listed([condition(name, one) for name, one in wanted.items()]) if wanted else ""


def origin(rule: Rule) -> str:
    """Where a value comes from."""
    if rule.from_ is not None:
        return rule.from_
    if rule.constant is not None:
        return f"always {_constant(rule.constant)}"
    if rule.template is not None:
        return f"the text “{rule.template}”"
    if rule.join is not None:
        return f"{listed(rule.join)}, joined by “{rule.separator}”"
    if rule.choose is not None:
        among = listed([f"{column} (“{text}”)" for text, column in rule.choose.among.items()], "or")
        return f"{among}, as {rule.choose.by} says"
    if rule.difference is not None:
        return f"{rule.difference[0]} less {rule.difference[1]}"
    if rule.record_url is not None:
        return "the address of the record's page in Twenty"
    return "; ".join(f"{name}: {sentence(inner)}" for name, inner in (rule.of or {}).items())


def _constant(value: str | int | bool) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else f"“{value}”"


def sentence(rule: Rule) -> str:
    """How one field is filled, the values of selects aside."""
    return ", ".join((origin(rule), *_details(rule)))


def _details(rule: Rule) -> Iterator[str]:
    if rule.as_ in _CONVERTERS:
        yield _CONVERTERS[rule.as_]
    if rule.equals is not None:
        yield f"whether it is “{rule.equals}”"
    if rule.split is not None:
        yield f"split at “{rule.split}”"
    if rule.currency is not None:
        yield f"in the currency of {rule.currency}"
    if rule.formats:
        yield f"written as {quoted(rule.formats)}"
    if rule.when:
        yield f"while {conditions(rule.when)}"
    if rule.otherwise is not None:
        yield f"“{rule.otherwise}” where there is none"
    if rule.placeholder is not None:
        yield f"a placeholder made from {rule.placeholder} where there is no usable address"


def unusable(rule: Rule) -> str:
    """What becomes of a record whose value is empty or cannot be used."""
    if rule.required:
        return "the record is set aside"
    if rule.constant is not None or rule.record_url is not None:
        return ""
    return "empty is flagged, unusable is flagged" if rule.expected else "unusable is flagged"


def reference(to: Reference, target: str) -> str:
    """Which record a relation leads to."""
    by = listed([sentence(rule) for rule in to.by])
    named = f"the {target} known as {to.alias}" if to.alias else f"the {target} of {to.to}"
    part = f" ({to.part})" if to.part else ""
    return f"{named}{part} by {by}"


def unresolved(to: Reference) -> str:
    """What becomes of a record whose relation leads nowhere."""
    waits = "the record waits for it" if to.required else "the record goes ahead, the relation follows"
    return f"{waits}; an empty one is flagged" if to.expected else waits


def existence(part: Part, matching: Mapping[str, Part]) -> str:
    """Under which circumstances a row becomes this record; empty where it always does. ``matching``: parts by name."""
    said = []
    if part.items:
        said.append(f"one for each item of {part.items.array}, told apart by {part.key}")
    elif part.repeated:
        said.append(f"one for each of {len(part.repeated)} groups of columns, told apart by {part.key}")
    if part.when:
        said.append(f"while {conditions(part.when)}")
    if part.unless is not None:
        said.append(f"while Twenty has no {matching[part.unless].target} for it")
    if part.pick is not None:
        said.append(f"the fields of the property that {part.pick.by} names")
    return ", ".join(said)


def skip(rule: Skip) -> str:
    """Which rows stay out of Twenty, and what that means."""
    stale = rule.stale
    parts = [conditions(rule.when)] if rule.when else []
    if stale is not None:
        parts.append(f"the newest of {listed(stale.columns)} is more than {stale.months} months old")
    fate = (
        "a record that is in Twenty already stays and is kept in step; new activity lets the row in with its history"
        if stale is not None
        else "a record that is in Twenty already is taken out"
    )
    return f"Left out ({rule.reason}): rows of which {listed(parts)}; {fate}."


def merged_into(by: list[Rule]) -> str:
    return (
        f"A row that names another in {listed([sentence(rule) for rule in by])} was merged into it: its record leaves"
        " Twenty, and what refers to it leads to the other."
    )


def merges(log: Merges) -> str:
    loser, survivor = (listed([sentence(rule) for rule in by]) for by in (log.loser, log.survivor))
    return f"Each row says that the {log.object} by {loser} was merged into the one by {survivor}."
