"""Values of several parts (names, e-mails, links, phones, …), as Twenty 1.10 normalises or refuses them.

A writer may give only some sub-fields, which are then laid over the stored ones.
"""

from __future__ import annotations

import functools
import re
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import orjson
import phonenumbers

from infra.standin.errors import ApiError, plain
from infra.standin.model import COMPOSITES, Row
from infra.standin.scalars import as_number, as_numeric, as_text

_BOLD = re.compile(r"\*\*(.+?)\*\*")


_WALKED = ("EMAILS", "PHONES", "LINKS", "RICH_TEXT", "RICH_TEXT_V2")


def entries(kind: str, value: Any) -> Row:
    if value is None and kind in _WALKED:
        raise ApiError(400, "TypeError", "Cannot convert undefined or null to object")
    # 1.10 walks the entries of whatever it is given, so text in place of a composite value writes nothing.
    return value if isinstance(value, dict) else {}


def _text_parts(names: tuple[str, ...], value: Row) -> Row:
    return {name: None if value[name] is None else as_text(value[name]) for name in names if name in value}


def _emails(value: Row) -> Row:
    extra = value.get("additionalEmails")
    stored: Row = {"additionalEmails": [as_text(one).lower() for one in extra] if isinstance(extra, list) else None}
    # A primary e-mail that is null or missing is empty text, in an update too.
    primary = value.get("primaryEmail")
    stored["primaryEmail"] = "" if primary is None else as_text(primary).lower()
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
    as_text(url)
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
    return None if part is None else as_text(part)


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
    stored.update({name: as_number(value[name]) for name in ("addressLat", "addressLng") if name in value})
    return stored


def _currency(value: Row) -> Row:
    stored = _text_parts(("currencyCode",), value)
    if "amountMicros" in value:
        amount = value["amountMicros"]
        stored["amountMicros"] = None if amount is None else as_numeric(amount)
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


COMPOSITE_WRITERS: dict[str, Callable[[Row], Row]] = {
    "FULL_NAME": functools.partial(_text_parts, ("firstName", "lastName")),
    "EMAILS": _emails,
    "LINKS": _links,
    "PHONES": _phones,
    "ADDRESS": _address,
    "CURRENCY": _currency,
    "ACTOR": _actor,
    "RICH_TEXT_V2": _rich_text,
    "RICH_TEXT": _rich_text,
}
