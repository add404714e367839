"""HTML and RTF as Markdown or as plain text, and the images in it, which become files of their own.

Markdown names the file where the image stood. It does not link to it: a file's URL in Twenty is signed and expires
(its token is in the path), so a link would be dead within the hour; the file itself hangs on the note for good.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Comment, Tag
from bs4.exceptions import ParserRejectedMarkup
from markdownify import ATX, MarkdownConverter
from striprtf.striprtf import rtf_to_text

from schemas.mapping.converters import Convert
from schemas.mapping.values import AdjustedError, UnusableError, text
from schemas.records import Value

PICTURES = "pictures in RTF are left out"
TOO_DEEP = "nested too deeply: the formatting is left out"
UNUSABLE_HTML = "not readable as HTML"
UNUSABLE_RTF = "not readable as RTF"

_TAG = re.compile(r"<(?:[a-zA-Z][^<>]*|/[a-zA-Z][^<>]*|!--|!doctype)", re.IGNORECASE)
_SILENT = ("script", "style", "head", "title", "meta", "template", "noscript", "iframe", "object", "embed")
_BLOCKS = (
    "p", "div", "section", "article", "header", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "table",
    "tr", "blockquote", "pre", "hr",
)  # fmt: skip
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~])")
_ENDINGS = {"jpeg": "jpg", "svg+xml": "svg", "x-icon": "ico", "vnd.microsoft.icon": "ico"}
_LINKS = ("http", "https", "mailto", "tel", "")


@dataclass(frozen=True, slots=True)
class Image:
    """An image within a text. ``locator`` is as in ``records.Attachment``; ``digest`` tells images apart."""

    locator: str
    name: str
    digest: str
    content_type: str


def is_html(source: str) -> bool:
    """Whether there is a tag in it: columns of old systems hold both, and plain text must keep its lines."""
    return _TAG.search(source) is not None


def html_markdown(source: str, hosts: Collection[str] = ()) -> str:
    """Markdown of HTML; text without a tag stays as it is. Images of ``hosts``, and those within the text, are named.

    Raises UnusableError and AdjustedError.
    """
    if not is_html(source):
        return source
    soup = _parsed(source)
    for tag, image in _images(soup, hosts):
        tag.replace_with(f"[{image.name}]")
    try:
        return _tidy(MarkdownConverter(heading_style=ATX, bullets="-").convert_soup(soup))
    except RecursionError:
        raise AdjustedError(escaped(_plain(soup)), TOO_DEEP) from None


def html_text(source: str) -> str:
    """The text of HTML, a line for each block. Raises UnusableError."""
    return _plain(_parsed(source)) if is_html(source) else source


def rtf_text(source: str) -> str:
    """The text of RTF; what is none stays as it is. Raises UnusableError and AdjustedError."""
    if not source.lstrip().startswith("{\\rtf"):
        return source
    try:
        plain = _tidy(rtf_to_text(source, errors="ignore"))  # type: ignore[no-untyped-call]
    except (ValueError, IndexError, KeyError, LookupError, OverflowError):
        raise UnusableError(UNUSABLE_RTF) from None
    if "\\pict" in source:
        raise AdjustedError(plain, PICTURES)
    return plain


def escaped(source: str) -> str:
    """Plain text as Markdown that shows it as it stands, each line a paragraph."""
    return re.sub(r"\n+", "\n\n", _MARKUP.sub(r"\\\1", source))


def images(source: str, hosts: Collection[str] = ()) -> list[Image]:
    """The images of an HTML text, each once, in their order. Raises UnusableError."""
    if "<img" not in source.lower():
        return []
    found = {image.digest: image for _, image in _images(_parsed(source), hosts)}
    return list(found.values())


def converted(convert: Callable[[str], str], shape: Callable[[str], Any]) -> Convert:
    """A converter of texts; what several steps had to change is told together."""

    def run(value: Value) -> Any:
        reasons = []
        try:
            result = text(value)
        except AdjustedError as adjusted:
            result, reasons = adjusted.result, [adjusted.reason]
        try:
            result = convert(result)
        except AdjustedError as adjusted:
            result = adjusted.result
            reasons.append(adjusted.reason)
        if reasons:
            raise AdjustedError(shape(result), "; ".join(reasons))
        return shape(result)

    return run


def _parsed(source: str) -> BeautifulSoup:
    try:
        soup = BeautifulSoup(source, "html.parser")
    except (ParserRejectedMarkup, AssertionError, RecursionError):
        raise UnusableError(UNUSABLE_HTML) from None
    for tag in soup.find_all(_SILENT):
        tag.decompose()
    for comment in soup.find_all(string=lambda found: isinstance(found, Comment)):
        comment.extract()
    for link in soup.find_all("a", href=True):
        if _scheme(str(link["href"])) not in _LINKS:
            del link["href"]
    return soup


def _images(soup: BeautifulSoup, hosts: Collection[str]) -> Iterator[tuple[Tag, Image]]:
    for tag in soup.find_all("img"):
        source = str(tag.get("src") or "").strip()
        scheme = _scheme(source)
        if scheme == "data" and source.lower().startswith("data:image/"):
            kind = source[5:].partition(",")[0].partition(";")[0].lower()
        elif scheme in ("http", "https") and _host(source) in hosts:
            kind = ""
        else:
            continue
        digest = hashlib.blake2b(source.encode("utf-8", "replace"), digest_size=8).hexdigest()
        yield tag, Image(source, _name(source, kind, digest), digest, kind or "application/octet-stream")


def _name(source: str, kind: str, digest: str) -> str:
    """Made from the digest: the alternative text and the path of an image can hold anything."""
    if kind:
        ending = _ENDINGS.get(kind.partition("/")[2], kind.partition("/")[2])
        return f"image-{digest}.{ending if re.fullmatch('[a-z0-9]{1,5}', ending) else 'img'}"
    path = urlsplit(source).path
    found = re.search(r"\.([A-Za-z0-9]{1,5})$", path)
    return f"image-{digest}.{found[1].lower()}" if found else f"image-{digest}"


def _scheme(url: str) -> str:
    found = re.match(r"\s*([A-Za-z][A-Za-z0-9+.\-]*)\s*:", url)
    return found[1].lower() if found else ""


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _plain(soup: BeautifulSoup) -> str:
    for tag in soup.find_all("br"):
        tag.replace_with("\n")
    for tag in soup.find_all(_BLOCKS):
        tag.insert_before("\n")
        tag.insert_after("\n")
    for cell in soup.find_all(("td", "th")):
        cell.insert_after("\t")
    plain = re.sub(r"[ \xa0]+", " ", soup.get_text())
    return _tidy(re.sub(r"[ \t]*\n[ \t\n]*", "\n", plain))


def _tidy(text: Any) -> str:
    lines = [line.rstrip() for line in str(text).replace("\r\n", "\n").replace("\xa0", " ").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
