"""What a column is about, from the words of its name and the form of its values: a birth date, a street, a price."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from producers.profile.facts import Column
from producers.profile.words import singular, words


class Concept(NamedTuple):
    """name: of ``CONCEPTS``, or empty. certainty: 0 to 1, of the name. of_other: it is about somebody or something else
    than the row itself (the phone of an emergency contact, the city of a location)."""

    name: str = ""
    certainty: float = 0.0
    of_other: bool = False


_DATES = frozenset({"date", "datetime"})
_TEXT = frozenset({"text"})
_NUMBERS = frozenset({"integer", "decimal"})
_CODES = frozenset({"text", "integer", "boolean"})
_WORDY = frozenset({"wordy"})
"""Texts, most of which are of several words."""
_ANY: frozenset[str] = frozenset()

# name, alternatives of words (each all of them; "=" in front: and no others), types, certainty
_RULES: tuple[tuple[str, tuple[str, ...], frozenset[str], float], ...] = (
    ("secret", ("ssn", "sin", "social security", "passport", "driver", "password", "driver license"), _ANY, 0.97),
    ("secret", ("secret",), _TEXT, 0.97),
    ("npi", ("npi", "national provider id"), _CODES, 0.97),
    ("birthplace", ("birth place",), _TEXT, 0.97),
    ("birth_date", ("birth date", "birth"), _DATES, 0.99),
    ("birth_date", ("birth date",), _TEXT, 0.7),
    ("death_date", ("death",), _DATES, 0.97),
    ("maiden_name", ("maiden",), _TEXT, 0.97),
    ("middle_name", ("middle", "middle name", "middle initial"), _TEXT, 0.95),
    ("preferred_name", ("preferred name", "=preferred"), _TEXT, 0.92),
    ("first_name", ("first name", "given", "given name", "=first"), _TEXT, 0.98),
    ("last_name", ("last name", "family", "family name", "=last"), _TEXT, 0.98),
    ("prefix", ("prefix", "name prefix"), _TEXT, 0.9),
    ("suffix", ("suffix",), _TEXT, 0.9),
    ("email", ("email",), _TEXT, 0.75),
    ("fax", ("fax",), _ANY, 0.95),
    ("phone", ("phone", "=mobile", "=home mobile", "=mobile number"), _TEXT | _NUMBERS, 0.95),
    ("street2", ("address 2", "street 2", "address line 2", "address ln 2", "=add 2"), _TEXT, 0.96),
    ("street", ("=add",), _TEXT, 0.9),
    ("street", ("street", "=address", "=address 1", "=first address", "=address line", "=address ln"), _TEXT, 0.96),
    ("street", ("=mailing address",), _TEXT, 0.9),
    ("zip", ("zip", "post code", "code postal"), _CODES, 0.97),
    ("country", ("country",), _TEXT, 0.95),
    ("county", ("county",), _TEXT, 0.95),
    ("latitude", ("latitude",), _NUMBERS, 0.95),
    ("longitude", ("longitude",), _NUMBERS, 0.95),
    ("sex", ("sex",), _CODES, 0.95),
    ("race", ("race", "ethnicity"), _CODES, 0.93),
    ("marital", ("marital",), _CODES, 0.95),
    ("language", ("language",), _TEXT, 0.93),
    ("city", ("city",), _TEXT, 0.97),
    ("state", ("state", "=address st", "=st", "=st code"), _TEXT, 0.95),
    ("file_size", ("file size", "size byte", "file byte", "=size", "=byte"), _NUMBERS, 0.93),
    ("file_path", ("path", "storage key", "file key"), _TEXT, 0.93),
    ("file_name", ("file name", "document name", "=file"), _TEXT, 0.93),
    ("mime", ("mime", "body type"), _TEXT, 0.93),
    ("hash", ("hash",), _TEXT, 0.9),
    ("website", ("url",), _TEXT, 0.85),
    ("changed", ("updated", "last updated", "updated time", "updated at"), _DATES, 0.97),
    ("edited", ("edited",), _DATES, 0.9),
    ("changed", ("updated stamp", "stamp updated"), _DATES, 0.95),
    ("changed", ("stamp",), _DATES, 0.75),
    ("created", ("created", "registered", "written", "uploaded", "date add", "date entry"), _DATES, 0.93),
    ("due", ("due",), _DATES, 0.95),
    ("expiry", ("expiration",), _DATES, 0.95),
    ("start", ("start",), _DATES, 0.95),
    ("end", ("stop",), _DATES, 0.95),
    ("status", ("status",), _CODES, 0.94),
    ("direction", ("direction", "sent received"), _CODES, 0.92),
    ("consent", ("consent",), frozenset({"boolean"}), 0.92),
    ("duration", ("duration",), _ANY, 0.9),
    ("body", ("body", "html", "rtf", "=note", "=text", "=message", "=message text", "narrative", "summary"),
     _TEXT, 0.92),
    ("body", ("note",), _WORDY, 0.88),
    ("title", ("=title",), _TEXT, 0.9),
    ("author", ("author",), _TEXT, 0.93),
    ("kind", ("=kind", "=type", "kind code", "=type code", "category", "class", "=code kind"), _CODES, 0.9),
    ("reason", ("reason",), _TEXT, 0.88),
    ("description", ("description",), _TEXT, 0.88),
    ("specialty", ("specialty",), _TEXT, 0.94),
    ("job", ("job", "job title"), _TEXT, 0.9),
    (
        "money",
        (
            "amount", "cost", "fee", "price", "charge", "balance", "revenue", "paid", "billed", "outstanding",
            "expense", "spent",
            "discount", "total", "payment", "adjustment", "transfer", "copay", "deductible", "deposit", "refund",
            "premium", "allowed", "owed", "owes", "net", "gross", "due", "tax", "money",
        ),
        frozenset({"decimal"}),
        0.95,
    ),
    ("money", ("amount", "cost", "fee", "price", "balance", "expense", "cents"), frozenset({"integer"}), 0.85),
    ("money", ("insurance",), frozenset({"decimal"}), 0.85),
    ("currency", ("currency",), _TEXT, 0.9),
    ("quantity", ("quantity", "count", "number of", "unit", "score", "duration"), _NUMBERS, 0.92),
    ("name", ("name",), _TEXT, 0.9),
)  # fmt: skip
CONCEPTS = frozenset(rule[0] for rule in _RULES)

_ABOUT_OTHERS = """
    emergency guarantor referral responsible subscriber employer payer insurance provider doctor staff owner
    handler author parent supervising facility practice clinic company organization contact patient mother
    father spouse partner group plan procedure viewer insured relation primary secondary recipient lab pharmacy
    hospital vendor school agency bank
    """
_OTHERS = frozenset(_ABOUT_OTHERS.split())
_SAME = {
    "patient": {"patient", "person"},
    "provider": {"provider", "doctor", "person"},
    "doctor": {"provider", "doctor", "person"},
    "staff": {"staff", "person"},
    "organization": {"organization", "company", "practice", "clinic", "facility"},
    "practice": {"organization", "company", "practice", "clinic", "facility"},
    "clinic": {"organization", "company", "practice", "clinic", "facility"},
    "facility": {"organization", "company", "practice", "clinic", "facility"},
    "payer": {"payer", "insurance", "company"},
    "insurance": {"payer", "insurance", "company"},
}
_MOSTLY = 0.8
_QUALIFIERS = frozenset(
    {"kind", "type", "category", "class", "status", "flag", "area", "level", "method", "source", "score", "mode",
     "verified", "consent", "hash", "version", "format", "timezone", "origin", "unit"}
)  # fmt: skip
"""Last words that make another thing of what stands before them: the type of a phone is no phone."""
_QUALIFIED = frozenset(
    {"first_name", "last_name", "middle_name", "preferred_name", "email", "fax", "phone", "street", "zip", "country",
     "county", "city", "state", "file_name", "file_path", "body", "title", "description", "specialty", "name", "reason",
     "website", "language", "job", "author", "duration"}
)  # fmt: skip
_CALLED = (("organization",), ("company",), ("practice",), ("payer",))
"""Columns that say what a row with an address is called."""
_PINS = (("pin",), ("pin", "code"), ("pincode",))
_DIGITS_OF_A_PIN = (6, 7)  # a blank may part them
_STORED = frozenset({"document", "attachment", "file", "image"})
_REACHING = frozenset({"phone", "mobile", "email", "number", "address"})
_PLACES = frozenset({"street", "zip", "city"})
_COUNTED = frozenset(
    {"refill", "page", "copy", "repeat", "day", "minute", "hour", "month", "item", "image", "unit", "encounter"}
)
"""Of these a number is how many there are."""
_MEASURED = frozenset({"percent", "quantity", "count", "minute", "hour"})
_NAMING = frozenset({"id", "number", "code", "key", "scheduled"})


def own_words(object_name: str) -> frozenset[str]:
    """Words that, in a column's name, only say again whose column it is."""
    named = {singular(word) for word in words(object_name)}
    return frozenset(named.union(*(_SAME.get(word, set()) for word in named)))


def concepts(object_name: str, columns: Iterable[Column]) -> dict[str, Concept]:
    """Of each column by its name."""
    own, known = own_words(object_name), list(columns)
    found = {column.name: concept(column, own) for column in known}
    spelt = {column.name: column.spelt for column in known}
    if not _PLACES & {one.name for one in found.values()}:
        # without a city or a street beside it, a state is that of the matter
        found = {
            name: one._replace(name="status", certainty=0.88) if one.name == "state" else one
            for name, one in found.items()
        }
    told = {one.name: name for name, one in found.items() if not one.of_other}
    if not any({"contact", "name"} <= set(column.spelt) for column in known):
        # nobody else is named: it is how to reach the row itself
        for name, one in found.items():
            if (
                one.name in ("email", "phone")
                and one.name not in told
                and set(spelt[name]) & _OTHERS - own == {"contact"}
            ):
                found[name] = one._replace(of_other=False)
    plain = next((name for name, of in spelt.items() if of == ("name",) and found[name].name == "name"), "")
    if "first_name" in told and "last_name" not in told and plain:
        found[plain] = Concept("last_name", 0.92)
    if "last_name" in told and "first_name" not in told and plain:
        found[plain] = Concept("first_name", 0.92)
    if not told.keys() & {"name", "title", "first_name", "last_name"} and _PLACES & told.keys():
        whole = (one for one in known if one.spelt in _CALLED and one.type == "text" and not one.form)
        found |= {one.name: Concept("name", 0.88) for one in [*whole][:1]}
    if "first_name" in told and "last_name" not in told and not plain and own & _STORED:
        found[told["first_name"]] = Concept("file_path", 0.86)  # fname of a file
    if told.keys() & {"city", "zip"} and "state" not in told and "county" in told:
        found[told["county"]] = Concept("state", 0.88)  # the largest part of an address where there are no states
    if {"quantity", "money"} <= told.keys():
        # of bills that count what they charge, a rate is the price of one
        rates = (one for one in known if one.type == "decimal" and one.name.casefold() == "rate")
        found |= {one.name: Concept("money", 0.88) for one in [*rates][:1]}
    if "zip" not in told and told.keys() & {"street", "city"}:
        pins = (one for one in known if one.spelt in _PINS and one.longest in _DIGITS_OF_A_PIN)
        found |= {one.name: Concept("zip", 0.9) for one in [*pins][:1]}  # as India calls its postal codes
    if told.keys() & {"street", "zip"} and "city" not in told:
        for column in known:
            if column.spelt == ("place",) and column.type == "text":
                found[column.name] = Concept("city", 0.9)
    return found


def concept(column: Column, own: Collection[str]) -> Concept:
    """``own``: see ``own_words``."""
    spelt = column.spelt[:-1] if column.spelt[-1:] == ("a",) else column.spelt  # the first of several, as a 1 is
    if (
        len(spelt) > 1
        and spelt[0] == "number"
        and spelt[1] in _COUNTED
        and column.type == "integer"
        and column.longest <= 3
    ):
        return Concept("quantity", 0.92)
    core = {word for word in spelt if word not in own} or set(spelt)
    of_other = bool(core & _OTHERS) and not core <= {"primary", "secondary"} | _REACHING
    by_form = _by_form(column, core)
    if by_form is not None:
        return by_form._replace(of_other=of_other)
    everything = set(spelt)
    qualified = len(core) > 1 and spelt[-1] in _QUALIFIERS
    for name, alternatives, types, certainty in _RULES:
        fits = column.type == "text" and column.wordy > _MOSTLY if types == _WORDY else column.type in types
        if (
            (types and not fits)
            or (name == "money" and everything & (_NAMING | _MEASURED))
            or (qualified and name in _QUALIFIED)
        ):
            continue
        for alternative in alternatives:
            needed = set(alternative.lstrip("=").split())
            exact = alternative.startswith("=")
            if (exact and core - {"1"} == needed) or (not exact and needed <= everything):
                return Concept(name, certainty, of_other)
    if column.form == "phone" and core <= {"number", "home", "work", "1", "2", "primary", "secondary", "alternate"}:
        return Concept("phone", 0.95, of_other)
    # policy numbers look like phone numbers too
    return Concept("phone", 0.6, of_other) if column.form == "phone" else Concept("", 0.0, of_other)


def _by_form(column: Column, core: Collection[str]) -> Concept | None:
    """What the values alone tell."""
    match column.form:
        case "email":
            return Concept("email", 0.99 if "email" in core else 0.95)
        case "phone":
            if {"phone", "mobile", "fax"} & set(core):
                return Concept("fax" if "fax" in core else "phone", 0.99)
        case "digits10" if {"phone", "mobile", "home", "work"} & set(core):
            return Concept("phone", 0.97)
        case "ssn":
            return Concept("secret", 0.97)
        case "npi":
            return Concept("npi", 0.95)
        case "money" if not set(core) & _NAMING:
            return Concept("money", 0.95)
        case "html" | "rtf":
            return Concept("body", 0.95)
        case "url" if "path" not in core:
            return Concept("website", 0.95)
        case "website":
            return Concept("website", 0.93)
        case "file":
            return Concept(
                "file_path" if {"path", "url", "storage"} & set(core) or _in_folders(column) else "file_name", 0.93
            )
    return Concept("blob", 0.95) if column.type == "bytes" else None


def _in_folders(column: Column) -> bool:
    return bool(column.patterns) and all("/" in mask or "\\" in mask for mask, _ in column.patterns)


_ABOUT_PEOPLE = """
    secret npi birthplace birth_date death_date maiden_name middle_name preferred_name first_name last_name
    email fax phone street street2 zip county latitude longitude city file_path file_name hash website body
    title author reason description name
    """
_PERSONAL = frozenset(_ABOUT_PEOPLE.split())


def personal(one: Concept, column: Column) -> bool:
    """Whether values of the column may say who somebody is, or are free text: they are in no report."""
    return one.name in _PERSONAL or column.type not in ("text", "integer", "boolean") or column.form != ""
