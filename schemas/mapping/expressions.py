"""Rules compiled to closures, once per mapping, so that a record costs microseconds.

A compiled rule takes the row and a list of flags and gives a JSON value as Twenty takes it. What cannot arrive as it
stands leaves a flag; only a rule that is required raises ``MissingError``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from schemas.mapping import converters, regions, richtext
from schemas.mapping.conditions import compile_conditions
from schemas.mapping.converters import Convert
from schemas.mapping.durations import minutes
from schemas.mapping.fields import options
from schemas.mapping.language import SystemMapping
from schemas.mapping.rules import Rule
from schemas.mapping.standard import COMPOSITES, empty
from schemas.mapping.values import AdjustedError, UnusableError, is_blank, natural_key, raw, text
from schemas.records import Flag, Value

Row = Mapping[str, Value]
Flags = list[Flag]
Compiled = Callable[[Row, Flags], Any]


EMPTY = "expected, and empty"
PLACEHOLDER = "no usable address: a placeholder stands for it"


class MissingError(ValueError):
    """A required value is not there or cannot be used. ``reason`` never quotes it."""

    def __init__(self, field_name: str, reason: str) -> None:
        super().__init__(f"{field_name}: {reason}")
        self.reason = f"{field_name}: {reason}"


@dataclass(frozen=True, slots=True)
class Context:
    """Where a rule stands. ``columns``: an element's names for columns of the row. ``object``: the source's."""

    mapping: SystemMapping
    target: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    object: str = ""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.mapping.zone_of(self.object))

    def column(self, name: str) -> str:
        return self.columns.get(name, name)


def compile_rule(context: Context, name: str, kind: str, rule: Rule) -> Compiled:
    """The rule of a Twenty field of type ``kind``. ``name`` is what flags call it."""
    holds = compile_conditions(rule.when, context.column)
    if holds is None:
        return _compile(context, name, kind, rule)
    evaluate, nothing = _compile(context, name, kind, rule), _nothing(kind, rule)
    return lambda row, flags: evaluate(row, flags) if holds(row) else nothing


def _nothing(kind: str, rule: Rule) -> Any:
    return empty(kind) if rule.otherwise is None else rule.otherwise


def _compile(context: Context, name: str, kind: str, rule: Rule) -> Compiled:
    if rule.placeholder is not None:
        return _with_placeholder(context, name, rule.placeholder, rule.model_copy(update={"placeholder": None}))
    if rule.of is not None:
        return _composite(context, name, kind, rule)
    if rule.constant is not None:
        constant = rule.constant
        return lambda row, flags: constant
    if rule.currency is not None or kind == "CURRENCY":
        return _money(context, name, rule)
    origin, nothing = _origin(context, name, rule), _nothing(kind, rule)
    if rule.as_ in ("state", "postcode"):
        return _regional(context, name, rule, origin)
    return _guarded(name, origin, _converter(context, kind, rule, name), nothing, rule.required)


def text_of(context: Context, name: str, rule: Rule) -> Compiled:
    """The rule as the text of a key, an alias or a match; ``""`` where there is none."""
    return compile_rule(context, name, "TEXT", rule)


def _guarded(name: str, origin: Compiled, convert: Convert, nothing: Any, required: bool) -> Compiled:
    def evaluate(row: Row, flags: Flags) -> Any:
        value = origin(row, flags)
        if value is None or value == "" or (required and is_blank(value)):
            if required:
                raise MissingError(name, "a required value is empty")
            return nothing
        try:
            return convert(value)
        except UnusableError as unusable:
            if required:
                raise MissingError(name, unusable.reason) from None
            if not is_blank(value):
                flags.append(Flag(name, unusable.reason, raw(value)))
            return nothing
        except AdjustedError as adjusted:
            flags.append(Flag(name, adjusted.reason, raw(value)))
            return adjusted.result

    return evaluate


def _column(context: Context, name: str, column: str) -> Compiled:
    source = context.column(column)
    # Drift in the source is no reason to stop, and none to be silent.
    flag = Flag(name, f"the source has no column {source}")

    def read(row: Row, flags: Flags) -> Value:
        try:
            return row[source]
        except KeyError:
            flags.append(flag)
            return None

    return read


def _origin(context: Context, name: str, rule: Rule) -> Compiled:
    origin = _read(context, name, rule)
    if not rule.expected:
        return origin

    def look(row: Row, flags: Flags) -> Value:
        value: Value = origin(row, flags)
        if is_blank(value):
            flags.append(Flag(name, EMPTY))
        return value

    return look


def _read(context: Context, name: str, rule: Rule) -> Compiled:
    if rule.from_ is not None:
        return _column(context, name, rule.from_)
    if rule.join is not None:
        return _joined(context, name, rule.join, rule.separator)
    if rule.template is not None:
        return _template(context, name, rule.template)
    if rule.choose is not None:
        return _choice(context, name, rule.choose.by, rule.choose.among)
    if rule.difference is not None:
        return _difference(context, name, *rule.difference)
    raise AssertionError("check lets no rule without an origin through")


def _words(context: Context, name: str, column: str) -> Compiled:
    """A column as text within a longer one; a blank column is empty."""
    return _guarded(name, _column(context, name, column), text, "", False)


def _joined(context: Context, name: str, columns: list[str], separator: str) -> Compiled:
    words = [_words(context, name, column) for column in columns]

    def join(row: Row, flags: Flags) -> str:
        return separator.join([found for word in words if not (found := word(row, flags)).isspace() and found])

    return join


def _template(context: Context, name: str, template: str) -> Compiled:
    pieces = re.split(r"{(\w+)}", template)
    fixed = pieces[::2]
    words = [_words(context, name, column) for column in pieces[1::2]]

    def fill(row: Row, flags: Flags) -> str:
        found = [word(row, flags) for word in words]
        if not any(one.strip() for one in found):
            return ""
        return fixed[0] + "".join(one + after for one, after in zip(found, fixed[1:], strict=True))

    return fill


def _choice(context: Context, name: str, by: str, among: Mapping[str, str]) -> Compiled:
    chooser = _column(context, name, by)
    columns = {natural_key(value): _column(context, name, column) for value, column in among.items()}

    def choose(row: Row, flags: Flags) -> Value:
        value = chooser(row, flags)
        if is_blank(value):
            return None
        column = columns.get(natural_key(value))
        if column is None:
            flags.append(Flag(name, f"{by} names none of the columns to choose from", raw(value)))
            return None
        chosen: Value = column(row, flags)
        return chosen

    return choose


def _difference(context: Context, name: str, first: str, second: str) -> Compiled:
    whole, less = _column(context, name, first), _column(context, name, second)

    def amount(value: Value, flags: Flags) -> Decimal | None:
        try:
            converters.micros(value)
        except UnusableError as unusable:
            if not is_blank(value):
                flags.append(Flag(name, unusable.reason, raw(value)))
            return None
        except AdjustedError:
            pass
        try:
            return Decimal(str(value).strip())
        except InvalidOperation:
            return None

    def subtract(row: Row, flags: Flags) -> Value:
        minuend, subtrahend = whole(row, flags), less(row, flags)
        result = amount(minuend, flags)
        if is_blank(subtrahend):
            return result
        deduction = amount(subtrahend, flags)
        return None if result is None or deduction is None else result - deduction

    return subtract


def _composite(context: Context, name: str, kind: str, rule: Rule) -> Compiled:
    template = empty(kind)
    assert isinstance(template, dict)
    kinds = COMPOSITES[kind]
    parts = [(sub, compile_rule(context, f"{name}.{sub}", kinds[sub], inner)) for sub, inner in (rule.of or {}).items()]

    def compose(row: Row, flags: Flags) -> Any:
        result = template.copy()
        for sub, evaluate in parts:
            result[sub] = evaluate(row, flags)
        return result

    return compose


def _regional(context: Context, name: str, rule: Rule, origin: Compiled) -> Compiled:
    """A state or postal code, judged by the rules of the row's country."""
    convert = regions.state if rule.as_ == "state" else regions.postcode
    nothing, own = _nothing("TEXT", rule), context.mapping.region
    read = _column(context, name, rule.country) if rule.country else None
    by_country: dict[str, Compiled] = {}

    def evaluate(row: Row, flags: Flags) -> Any:
        written = read(row, flags) if read else None
        try:
            country = own if is_blank(written) else converters.country_code(written)
        except UnusableError:
            country = ""  # the country's own field says what is wrong with it
        judge = by_country.get(country)
        if judge is None:
            judged = partial(convert, country=country)
            judge = by_country[country] = _guarded(name, origin, judged, nothing, rule.required)
        return judge(row, flags)

    return evaluate


def _with_placeholder(context: Context, name: str, column: str, rule: Rule) -> Compiled:
    evaluate = compile_rule(context, name, "EMAILS", rule)
    key = _words(context, name, column)

    def stand_in(row: Row, flags: Flags) -> Any:
        emails = evaluate(row, flags)
        known = key(row, flags)
        if emails["primaryEmail"] or is_blank(known):
            return emails
        flags.append(Flag(name, PLACEHOLDER))
        return {**emails, "primaryEmail": converters.placeholder_email(context.mapping.system, context.target, known)}

    return stand_in


def _money(context: Context, name: str, rule: Rule) -> Compiled:
    """An amount without a known currency is no amount: then the whole field is empty."""
    amount = _guarded(name, _origin(context, name, rule), converters.micros, None, rule.required)
    default = context.mapping.currency
    read = _column(context, name, rule.currency) if rule.currency is not None else None

    def evaluate(row: Row, flags: Flags) -> Any:
        micros = amount(row, flags)
        if micros is None:
            return empty("CURRENCY")
        written = read(row, flags) if read else None
        if is_blank(written):
            return {"amountMicros": micros, "currencyCode": default}
        try:
            return {"amountMicros": micros, "currencyCode": converters.currency(written)}
        except UnusableError as unusable:
            flags.append(Flag(name, unusable.reason, f"{micros} micros of {raw(written)}"))
            return empty("CURRENCY")

    return evaluate


def _converter(context: Context, kind: str, rule: Rule, field_name: str) -> Convert:
    mapping = context.mapping
    match kind:
        case "TEXT":
            named: Mapping[str, Convert] = {
                "text": text,
                "trim": converters.trim,
                "lower": converters.lower,
                "natural": natural_key,
                "email": converters.email,
                "phone": converters.e164(mapping.region),
                "country": converters.country,
                "country_code": converters.country_code,
                "html": richtext.converted(richtext.html_text, str),
                "rtf": richtext.converted(richtext.rtf_text, str),
            }
            return named[rule.as_ or "text"]
        case "NUMBER":
            return {"integer": converters.integer, "minutes": minutes}.get(rule.as_ or "", converters.number)
        case "BOOLEAN" if rule.equals is not None:
            wanted = natural_key(rule.equals)
            return lambda value: natural_key(value) == wanted
        case "BOOLEAN":
            return converters.boolean
        case "DATE":
            return converters.day(context.zone, rule.formats)
        case "DATE_TIME":
            changes = mapping.clock_changes
            return converters.moment(context.zone, changes.ambiguous, changes.missing, rule.formats)
        case "SELECT":
            labels = {label: value for value, label in options(mapping, context.target, field_name).items()}
            return converters.select(rule.values or labels)
        case "MULTI_SELECT":
            labels = {label: value for value, label in options(mapping, context.target, field_name).items()}
            return converters.multi_select(rule.values or labels, rule.split or ",")
        case "PHONES":
            return converters.phone(mapping.region)
        case "EMAILS":
            return lambda value: {"primaryEmail": converters.email(value), "additionalEmails": []}
        case "LINKS":
            return converters.link
        case "RICH_TEXT_V2":
            return _rich(rule.as_, mapping)
    raise AssertionError(f"check lets no field of type {kind} through")


def _rich(name: str | None, mapping: SystemMapping) -> Convert:
    """Markdown, of the form that the source keeps the text in."""
    hosts = frozenset(host.lower() for host in mapping.images_from)
    match name:
        case "html":
            return richtext.converted(lambda source: richtext.html_markdown(source, hosts), _markdown)
        case "html_text":
            return richtext.converted(lambda source: richtext.escaped(richtext.html_text(source)), _markdown)
        case "rtf":
            return richtext.converted(lambda source: richtext.escaped(richtext.rtf_text(source)), _markdown)
    return converters.markdown


def _markdown(source: str) -> dict[str, str]:
    return {"markdown": source}
