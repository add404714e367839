"""What Twenty 1.10 makes of a value before it stores it, or how it refuses it.

A writer takes the value of one field as sent and gives the value as stored; for a composite value it may give only
some sub-fields, which are then laid over the stored ones. Statuses and texts are those a real 1.10 answered.
"""

from __future__ import annotations

import functools
import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

import orjson
import phonenumbers

from infra.standin.errors import ApiError, bad_request, database, plain
from infra.standin.model import COMPOSITES, Field, ObjectType, Row

Writer = Callable[[Any], Any]
Clock = Callable[[], float]

# PostgreSQL prefixes enum types with the workspace's schema; clients see it in error texts.
SCHEMA = "workspace_3ixj3i1a5avy16ptijtb3lae3"

_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-5][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}\Z")
_ANY_UUID = re.compile(r"\{?[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}\}?\Z")
_STORED_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\Z")
_DATE_SHAPE = re.compile(r"\s*\d{1,4}-\d{1,2}-\d{1,2}")
_DAY_WORDS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
_BOLD = re.compile(r"\*\*(.+?)\*\*")


def writers(of: ObjectType, clock: Clock) -> dict[str, Writer | None]:
    """Writers by the keys that a record of this object may carry; None marks a key that cannot be written."""
    table: dict[str, Writer | None] = {}
    for field in of.fields:
        if field.type == "RELATION":
            if field.column is None:
                table[field.name] = None
            else:
                table[field.column] = _uuid
                table[field.name] = _related
        else:
            table[field.name] = _writer(of, field, clock)
    table["id"] = record_id
    return table


def record_id(value: Any) -> str:
    """UUID versions 1 to 5 of the RFC variant, with dashes; 1.10 refuses 7, 8, nil and anything else."""
    if not isinstance(value, str) or not _UUID.match(value):
        raise plain(f'Value "{value}" is not a valid UUID')
    return value.lower()


def is_record_id(value: str) -> bool:
    return _UUID.match(value) is not None


def timestamp(seconds: float) -> str:
    """Epoch seconds as Twenty prints a time: UTC, milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _writer(of: ObjectType, field: Field, clock: Clock) -> Writer:
    if field.type in COMPOSITES:
        convert = _COMPOSITE_WRITERS[field.type]
        return lambda value: convert(_entries(value))
    if field.type in ("SELECT", "RATING", "MULTI_SELECT"):
        allowed = frozenset(option["value"] for option in field.options or ())
        enum = f"{SCHEMA}.{of.table}_{field.name}_enum"
        scalar = functools.partial(_select, allowed, enum)
        write: Writer = functools.partial(_array, scalar) if field.type == "MULTI_SELECT" else scalar
    elif field.type == "ARRAY":
        write = functools.partial(_array, _text)
    elif field.type in ("DATE", "DATE_TIME"):
        write = functools.partial(_date if field.type == "DATE" else _date_time, clock)
    else:
        write = _SCALAR_WRITERS[field.type]
    if field.is_nullable:
        return lambda value: None if value is None else write(value)
    null = f'null value in column "{field.name}" of relation "{of.table}" violates not-null constraint'

    def not_null(value: Any) -> Any:
        if value is None:
            raise database(null)
        return write(value)

    return not_null


def _text(value: Any) -> str:
    if not isinstance(value, str):
        value = value_text(value)
    if "\x00" in value:
        raise database('invalid byte sequence for encoding "UTF8": 0x00')
    return str(value)


def value_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float, str)) else orjson.dumps(value).decode()


def _number(value: Any) -> int | float | None:
    """JavaScript's Number(): text that is no number becomes NaN, and NaN is stored as null."""
    if isinstance(value, (int, float)):
        return int(value) if isinstance(value, bool) else value
    if not isinstance(value, str):
        return None
    try:
        number = float(value) if value.strip() else 0.0
    except ValueError:
        return None
    return int(number) if number.is_integer() else number


def _numeric(value: Any) -> str:
    try:
        number = Decimal(value_text(value))
    except InvalidOperation:
        raise database(f'invalid input syntax for type numeric: "{value_text(value)}"') from None
    if number.is_finite() and number.adjusted() > 131071:
        raise database("value overflows numeric format")
    return format(number, "f")


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = value_text(value).strip().lower()
    if word and word != "o":
        if any(full.startswith(word) for full in _TRUE):
            return True
        if any(full.startswith(word) for full in _FALSE):
            return False
    raise database(f'invalid input syntax for type boolean: "{value_text(value)}"')


def _moment(clock: Clock, value: Any, kind: str) -> datetime:
    text = value_text(value)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        word = text.strip().lower()
        now = datetime.fromtimestamp(clock(), UTC)
        if word == "now":
            return now
        if word in _DAY_WORDS:
            return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=_DAY_WORDS[word])
        if _DATE_SHAPE.match(text):
            raise database(f'date/time field value out of range: "{text}"') from None
        raise database(f'invalid input syntax for type {kind}: "{text}"') from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _date_time(clock: Clock, value: Any) -> str:
    moment = _moment(clock, value, "timestamp with time zone")
    if isinstance(value, str) and _STORED_TIME.match(value):
        return value
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _date(clock: Clock, value: Any) -> str:
    return _moment(clock, value, "date").date().isoformat()


def _select(allowed: frozenset[str], enum: str, value: Any) -> str:
    if value not in allowed:
        raise bad_request(f'invalid input value for enum {enum}: "{value_text(value)}"')
    return str(value)


def _array(scalar: Writer, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise database(f'malformed array literal: "{value_text(value)}"')
    return [scalar(item) for item in value]


def _uuid(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not _ANY_UUID.match(value):
        raise database(f'invalid input syntax for type uuid: "{value_text(value)}"')
    return str(uuid.UUID(value))


def _related(value: Any) -> str | None:
    """A nested relation object, of which 1.10 takes the id."""
    return _uuid(value.get("id")) if isinstance(value, dict) else _uuid(value)


def _json(value: Any) -> Any:
    return value


def _position(value: Any) -> Any:
    return value if value in ("first", "last") else _number(value)


def _search_vector(value: Any) -> Any:
    raise database('cannot insert a non-DEFAULT value into column "searchVector"')


def _entries(value: Any) -> Row:
    if value is None:
        raise ApiError(400, "TypeError", "Cannot convert undefined or null to object")
    # 1.10 walks the entries of whatever it is given, so text in place of a composite value writes nothing.
    return value if isinstance(value, dict) else {}


def _text_parts(names: tuple[str, ...], value: Row) -> Row:
    return {name: None if value[name] is None else _text(value[name]) for name in names if name in value}


def _emails(value: Row) -> Row:
    extra = value.get("additionalEmails")
    stored: Row = {"additionalEmails": [_text(one).lower() for one in extra] if isinstance(extra, list) else None}
    if "primaryEmail" in value:
        primary = value["primaryEmail"]
        stored["primaryEmail"] = None if primary is None else _text(primary).lower()
    return stored


def _links(value: Row) -> Row:
    """Empty links fall out and the first that is left becomes the primary one."""
    if not value:
        return {}
    candidates = [{"url": value.get("primaryLinkUrl"), "label": value.get("primaryLinkLabel")}]
    candidates += [one for one in value.get("secondaryLinks") or () if isinstance(one, dict)]
    links = [{"url": _url(one["url"]), "label": one.get("label")} for one in candidates if one.get("url")]
    if not links:
        return {"primaryLinkLabel": None, "primaryLinkUrl": None, "secondaryLinks": None}
    first, *others = links
    return {"primaryLinkLabel": first["label"], "primaryLinkUrl": first["url"], "secondaryLinks": others or None}


@functools.lru_cache(maxsize=65536)
def _url(url: str) -> str:
    parts = urlsplit(url if "//" in url else f"//{url}")
    host = parts.hostname or ""
    if re.search(r"[\s,]", url) or not re.fullmatch(r"[^.]+(\.[^.]+)+", host):
        raise plain("The URL of the link is not valid")
    _text(url)
    if not parts.scheme:
        return url.rstrip("/")
    origin = f"{parts.scheme}://{parts.netloc}"
    return (origin.lower() + url[len(origin) :]).rstrip("/")


def _phones(value: Row) -> Row:
    if not value:
        return {}
    stored = _phone(
        value.get("primaryPhoneNumber"), value.get("primaryPhoneCountryCode"), value.get("primaryPhoneCallingCode")
    )
    extra = value.get("additionalPhones")
    additional = None
    if isinstance(extra, list):
        additional = []
        for one in extra:
            one = one if isinstance(one, dict) else {"number": one}
            parts = (one.get("number"), one.get("countryCode"), one.get("callingCode"))
            number, country, calling = _phone_parts(*(_known(part) for part in parts))
            additional.append({"number": number, "countryCode": country, "callingCode": calling})
    return {**stored, "additionalPhones": additional}


def _phone(number: Any, country: Any, calling: Any) -> Row:
    parts = _phone_parts(_known(number), _known(country), _known(calling))
    names = ("primaryPhoneNumber", "primaryPhoneCountryCode", "primaryPhoneCallingCode")
    return {name: part for name, part in zip(names, parts, strict=True) if part is not None}


def _known(part: Any) -> str | None:
    return None if part is None else _text(part)


@functools.lru_cache(maxsize=65536)
def _phone_parts(
    number: str | None, country: str | None, calling: str | None
) -> tuple[str | None, str | None, str | None]:
    """National number, country and calling code. What was sent is kept, even when empty; what was not is inferred."""
    if country and country not in phonenumbers.SUPPORTED_REGIONS:
        raise plain(f"Invalid country code {country}")
    if calling and int(re.sub(r"\D", "", calling) or 0) not in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
        raise plain(f"Invalid calling code {calling}")
    if not number:
        return number, country, calling
    text = number
    if calling and not country and not text.lstrip().startswith("+"):
        text = f"+{calling.lstrip('+')}{text}"
    try:
        parsed = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        raise plain(f"Provided phone number is invalid {number}") from None
    region = phonenumbers.region_code_for_number(parsed)
    if country and region and region != country:
        raise plain("Provided and inferred country code are conflicting")
    if calling and calling.lstrip("+") != str(parsed.country_code):
        raise plain("Provided and inferred calling code are conflicting")
    return (
        phonenumbers.national_significant_number(parsed),
        region if country is None else country,
        f"+{parsed.country_code}" if calling is None else calling,
    )


def _address(value: Row) -> Row:
    texts = tuple(name for name in COMPOSITES["ADDRESS"] if name not in ("addressLat", "addressLng"))
    stored = _text_parts(texts, value)
    stored.update({name: _number(value[name]) for name in ("addressLat", "addressLng") if name in value})
    return stored


def _currency(value: Row) -> Row:
    stored = _text_parts(("currencyCode",), value)
    if "amountMicros" in value:
        amount = value["amountMicros"]
        stored["amountMicros"] = None if amount is None else _numeric(amount)
    return stored


def _actor(value: Row) -> Row:
    return {name: value[name] for name in COMPOSITES["ACTOR"] if name in value}


def _rich_text(value: Row) -> Row:
    """The missing half is derived; a half that was sent is kept as it is, even where the two disagree."""
    sent = _text_parts(("blocknote", "markdown"), value)
    markdown, blocknote = sent.get("markdown"), sent.get("blocknote")
    if markdown and not blocknote:
        blocknote = _blocks(markdown)
    elif blocknote and not markdown:
        markdown = _markdown(blocknote)
    return {"blocknote": blocknote or None, "markdown": markdown or None}


def _blocks(markdown: str) -> str:
    blocks = []
    for line, paragraph in enumerate(markdown.split("\n")):
        if not paragraph.strip():
            continue
        content = []
        for position, piece in enumerate(_BOLD.split(paragraph)):
            if piece:
                content.append({"type": "text", "text": piece, "styles": {"bold": True} if position % 2 else {}})
        props = {"textColor": "default", "backgroundColor": "default", "textAlignment": "left"}
        block_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{line}:{paragraph}"))
        block = {"id": block_id, "type": "paragraph", "props": props, "content": content, "children": []}
        blocks.append(block)
    return orjson.dumps(blocks).decode()


def _markdown(blocknote: str) -> str:
    try:
        blocks = orjson.loads(blocknote)
    except orjson.JSONDecodeError:
        return blocknote
    lines = []
    for block in blocks if isinstance(blocks, list) else []:
        content = block.get("content") if isinstance(block, dict) else None
        pieces = [piece for piece in content if isinstance(piece, dict)] if isinstance(content, list) else []
        lines.append("".join(_styled(piece) for piece in pieces))
    return "\n".join(lines)


def _styled(piece: Row) -> str:
    text = str(piece.get("text", ""))
    return f"**{text}**" if (piece.get("styles") or {}).get("bold") else text


_SCALAR_WRITERS: dict[str, Writer] = {
    "TEXT": _text,
    "NUMBER": _number,
    "NUMERIC": _numeric,
    "BOOLEAN": _boolean,
    "UUID": lambda value: _uuid(value or None),
    "RAW_JSON": _json,
    "POSITION": _position,
    "TS_VECTOR": _search_vector,
}

_COMPOSITE_WRITERS: dict[str, Callable[[Row], Row]] = {
    "FULL_NAME": functools.partial(_text_parts, ("firstName", "lastName")),
    "EMAILS": _emails,
    "LINKS": _links,
    "PHONES": _phones,
    "ADDRESS": _address,
    "CURRENCY": _currency,
    "ACTOR": _actor,
    "RICH_TEXT_V2": _rich_text,
}
