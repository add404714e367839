"""Rules: how one value is made from a row, and which record a row refers to."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from schemas.edits import EditPolicy
from schemas.mapping.conditions import Conditions
from schemas.mapping.names import Model, OptionValue, PartName, SourceName

Converter = Literal[
    "text", "trim", "lower", "natural", "number", "integer", "boolean", "email", "phone", "country", "country_code",
    "state", "postcode", "minutes", "html", "html_text", "rtf",
]  # fmt: skip
"""``html`` and ``rtf`` say how the source keeps a text: a rich text field gets Markdown of HTML, any other the text
alone, and ``html_text`` is for a rich text field that shall have the text alone."""


class Choice(Model):
    """One of several columns, picked by the value of ``by``."""

    by: str
    among: dict[str, str] = Field(min_length=1)


def _rule(value: Any) -> Any:
    return {"from": value} if isinstance(value, str) else value


class Rule(Model):
    """How one value is made from a row. A bare string is ``{from: column}``. Exactly one origin is named."""

    from_: str | None = Field(None, alias="from")
    constant: str | int | bool | None = None
    template: str | None = None
    """Text with ``{column}`` in it; empty when every column is."""
    join: list[str] | None = Field(None, min_length=2)
    """Columns, those that are not blank, with ``separator`` between."""
    choose: Choice | None = None
    difference: list[str] | None = Field(None, min_length=2, max_length=2)
    """The first column less the second; an empty second counts as 0."""
    record_url: PartName | None = None
    """The page in Twenty of a part of this record: it lasts, where the URL of a file expires."""
    of: dict[str, Annotated[Rule, BeforeValidator(_rule)]] | None = None
    """Sub-fields of a composite."""

    as_: Converter | None = Field(None, alias="as")
    separator: str = " "
    equals: str | None = None
    """For a boolean: whether the value, as text, is this."""
    values: dict[str, OptionValue] | None = None
    """For a select: source text -> option. Without it the options' labels are the source texts."""
    currency: str | None = None
    """Column of the currency code; the mapping's own currency where there is none."""
    formats: list[str] = []
    """For dates in text or whole numbers: strptime patterns, tried before ISO 8601."""
    placeholder: str | None = None
    """For an e-mail: the column that a stand-in is made from where there is no usable address (Twenty takes none
    twice). It is the same each time, ends in ``.invalid``, which no mail can reach, and is flagged."""
    split: str | None = Field(None, min_length=1)
    """For a multi-select: what stands between the texts of one column; a comma where it does not say."""
    country: str | None = None
    """For ``state`` and ``postcode``: column of the country; the mapping's own region where there is none."""
    otherwise: str | None = None
    """Text to write where there is none."""
    when: Conditions = {}
    """The value counts only while these hold; otherwise the field is empty."""
    expected: bool = False
    """An empty one is flagged; the record arrives."""
    required: bool = False
    """A record without it is dead-lettered; otherwise it arrives without the field, flagged."""
    edits: EditPolicy | None = None
    """Of a whole field: who wins where somebody edits it in Twenty; the object's policy where it does not say."""

    @property
    def origins(self) -> list[str]:
        names = ("from_", "constant", "template", "join", "choose", "difference", "record_url", "of")
        return [name.rstrip("_") for name in names if getattr(self, name) is not None]

    @property
    def columns(self) -> set[str]:
        found = {*(self.join or ()), *(self.difference or ())}
        found |= {name for name in (self.from_, self.currency, self.placeholder, self.country) if name}
        found |= self.when.keys()
        found |= set(re.findall(r"{(\w+)}", self.template or ""))
        if self.choose:
            found |= {self.choose.by, *self.choose.among.values()}
        return found.union(*(rule.columns for rule in (self.of or {}).values()))


RuleOrColumn = Annotated[Rule, BeforeValidator(_rule)]


def _rules(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


Rules = Annotated[
    list[RuleOrColumn], BeforeValidator(_rules, json_schema_input_type=list[Rule] | Rule), Field(min_length=1)
]


class Reference(Model):
    """A relation to a part of another record: ``to`` an object by its key, or by an ``alias`` that parts publish.

    An empty optional reference is no link. An empty required one leaves out the part, or dead-letters the record
    where it is the main part.
    """

    to: str | None = None
    alias: SourceName | None = None
    part: PartName = ""
    by: Rules
    required: bool = False
    expected: bool = False
    """An empty one is flagged; the record arrives."""
    edits: EditPolicy | None = None
    """As for a field."""
