"""What releases of Twenty differ in, as data: `1.10` is what a real server answered, `newest` what its source says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Literal, get_args, get_origin, get_type_hints


@dataclass(frozen=True)
class Era:
    """One release. The defaults are 1.10.

    `usage_limits`: both buckets are tested together and fractions of tokens are kept. `empty_text`: what empty text is
    stored as. `strict`: wrong types and unknown sub-fields are refused. `updated_by`: records name who changed them
    last. `equal_blanks`: of a unique custom field one record alone may hold empty text, as in a workspace of 1.10 on
    the newer of its two metadata engines. `target_columns`: how noteTarget, taskTarget and attachment name what they
    hang on. `standard_fields`: city, xLink, employees, annualRecurringRevenue and idealCustomerProfile against
    annualRevenue and an opportunity's owner.
    `upserts_unsigned`: an upsert may meet a row of an object without createdBy.
    `metadata`: objects and fields wrapped in `data`, or direct. `restore_path`: `/rest/restore/people` or
    `/rest/people/restore`. `attachments`: a `fullPath`, or a FILES field. `default_depth`: of REST, where 1
    embeds relations. `answers` and `names_code` are the words of its refusals (answers.py).
    """

    name: str
    usage_limits: bool = False
    empty_text: Literal["kept", "null"] = "kept"
    equal_blanks: bool = False
    strict: bool = False
    updated_by: bool = False
    rich_text: Literal["RICH_TEXT_V2", "RICH_TEXT"] = "RICH_TEXT_V2"
    target_columns: Literal["personId", "targetPersonId"] = "personId"
    standard_fields: Literal["1.10", "newest"] = "1.10"
    metadata: Literal["wrapped", "direct"] = "wrapped"
    restore_path: Literal["leading", "trailing"] = "leading"
    attachments: Literal["fullPath", "file"] = "fullPath"
    default_depth: Literal["0", "1"] = "0"
    keeps_position: bool = False
    upserts_unsigned: bool = False
    names_code: bool = False
    answers: Mapping[str, str] = field(default_factory=dict)

    def target(self, name_singular: str) -> str:
        """The relation by which noteTarget, taskTarget and attachment name an object."""
        if self.target_columns == "personId":
            return name_singular
        return f"target{name_singular[0].upper()}{name_singular[1:]}"

    @property
    def target_type(self) -> Literal["RELATION", "MORPH_RELATION"]:
        return "RELATION" if self.target_columns == "personId" else "MORPH_RELATION"


V1_10 = Era("1.10")

NEWEST = Era(
    "newest",
    usage_limits=True,
    empty_text="null",
    strict=True,
    updated_by=True,
    rich_text="RICH_TEXT",
    target_columns="targetPersonId",
    standard_fields="newest",
    metadata="direct",
    restore_path="trailing",
    attachments="file",
    default_depth="1",
    keeps_position=True,
    upserts_unsigned=True,
    names_code=True,
    answers={
        "throttled": "rate_limited",
        "foreign_key": "400",
        "duplicate_value": "unnamed",
        "unknown_field": "newest",
        "bad_option": "newest",
        "null": "newest",
    },
)

ERAS = {one.name: one for one in (V1_10, NEWEST)}


def era_of(name: str, switches: Mapping[str, str] | None = None) -> Era:
    """An era by name, with single traits of another: `{"target_columns": "personId", "strict": "false"}`.

    Raises ValueError that says what there is.
    """
    if name not in ERAS:
        raise ValueError(f"era must be one of {sorted(ERAS)}, not {name!r}")
    hints = get_type_hints(Era)
    choices = {"bool": ("true", "false")}
    traits = {one.name for one in fields(Era)} - {"name", "answers"}
    changes: dict[str, object] = {}
    for trait, value in (switches or {}).items():
        if trait not in traits:
            raise ValueError(f"an era differs in {sorted(traits)}, not in {trait!r}")
        allowed = get_args(hints[trait]) if get_origin(hints[trait]) is Literal else choices["bool"]
        if value not in allowed:
            raise ValueError(f"{trait} must be one of {list(allowed)}, not {value!r}")
        changes[trait] = value if get_origin(hints[trait]) is Literal else value == "true"
    label = ", ".join([name, *(f"{trait}={value}" for trait, value in sorted((switches or {}).items()))])
    return replace(ERAS[name], name=label, **changes)  # type: ignore[arg-type]
