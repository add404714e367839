"""The words in the names of tables and columns: split, completed, in English.

Practice software names things in several languages and mostly cut short: ``nm_first``, ``GebDat``, ``hmphone``,
``AptDateTime``. Every name becomes a tuple of words of one vocabulary.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from producers.profile import abbreviations, languages, vocabulary

_SINGLE = {"f": ("first",), "l": ("last",), "m": ("middle",), "i": ("initial",)}
_EXPANDED: Mapping[str, tuple[str, ...]] = {
    "dob": ("birth", "date"),
    "vorname": ("first", "name"),
    "nachname": ("last", "name"),
    "mrn": ("medical", "record", "number"),
    "npi": ("npi",),
    "birthplace": ("birth", "place"),
    "datetime": ("date", "time"),
}


def _vocabulary() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    written_lines = "".join((vocabulary.WRITTEN, abbreviations.WRITTEN, languages.WRITTEN)).split("\n")
    for line in filter(None, written_lines):
        word, _, others = line.partition(":")
        meaning = _EXPANDED.get(word, (word,))
        for written in (word, *others.split()):
            found.setdefault(written, meaning)
    for written, meaning in _EXPANDED.items():
        found[written] = meaning
    return found


_VOCABULARY = _vocabulary()
_LONGEST = max(map(len, _VOCABULARY))
_LINES = {"h": "home", "w": "work", "m": "mobile"}
"""Which phone it is: ``Ph (H)``."""
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "é": "e", "è": "e", "ñ": "n"})


@lru_cache(maxsize=8192)
def words(name: str) -> tuple[str, ...]:
    """``LastBilledDate1`` -> ``last, billed, date, 1``. What the vocabulary does not have stays as it is written."""
    plain = re.sub(r"[^A-Za-z0-9]+", " ", _written_out(name.translate(_UMLAUTS)))
    # HTMLText, PatNum, dateTP, line2; a lone capital such as the A in AFrom stays with what follows
    pieces = re.findall(r"[A-Z]{2,}(?![a-z])|[A-Z]?[a-z]+|[A-Z]|\d+", plain)
    found: list[str] = []
    for piece in pieces:
        if len(pieces) > 1 and (piece.lower() == "personal" or (piece.lower() == "member" and found[-1:] == ["staff"])):
            continue  # an adjective, and one of the staff
        for word in _segments(piece.lower()):
            if word == "name" and found and found[-1] in _SINGLE:
                found[-1:] = _SINGLE[found[-1]]
            if word == "address" and found[-1:] == ["zip"] and "postal" in name.lower():
                found[-1] = "mailing"
            found.append(_LINES.get(word, word) if found[-1:] == ["phone"] else word)
    return tuple(found)


def _written_out(name: str) -> str:
    """Without the shorthand of printed headings: ``D.O.B.``, ``P/Code``, ``E-mail``, ``Name(s)``, ``Disc. %``."""
    name = name.replace("#", " number ").replace("%", " percent ").replace("WebSite", "website")
    name = re.sub(r"\((?:s|es)\)", "", name, flags=re.IGNORECASE)
    name = re.sub(r"\b(?:[A-Za-z][./]){2,}[A-Za-z]?\b|\b[A-Za-z][./][A-Za-z]\b", _joined, name)
    return re.sub(r"\b[A-Za-z]/[A-Za-z](?=[A-Za-z])|\b[Ee]-[Mm](?=ail)", _joined, name)


def _joined(shorthand: re.Match[str]) -> str:
    return re.sub(r"[./-]", "", shorthand[0]).lower()


def known(name: str) -> bool:
    """Whether the vocabulary has every word of it."""
    pieces = re.findall(r"[A-Z]{2,}(?![a-z])|[A-Z]?[a-z]+|[A-Z]|\d+", name)
    return bool(pieces) and all(
        piece.isdigit() or piece.lower() in _VOCABULARY or _spelled(piece.lower()) is not None for piece in pieces
    )


def _segments(piece: str) -> tuple[str, ...]:
    known = _VOCABULARY.get(piece) or _spelled(piece)
    if known is not None:
        return known
    # a word that nobody knows before several that are known, or the rest of one behind it
    for cut in range(3, len(piece) - 5):
        rest = _spelled(piece[cut:])
        if rest is not None and len(rest) > 1:
            return (piece[:cut], *rest)
    for head in _HEADS:
        if piece.endswith(head) and len(piece) >= len(head) + 3:
            return (piece[: -len(head)], *_VOCABULARY[head])
    if _VOCABULARY.get(piece[1:]) in _REACHED:
        return (piece[0], *_VOCABULARY[piece[1:]])  # hph, mtel
    for cut in range(1, min(4, len(piece) - 3)):
        if piece[cut:] in _VOCABULARY:
            return (piece[:cut], *_VOCABULARY[piece[cut:]])
    if piece[-1] in "abc" and piece[:-1] in _VOCABULARY and len(piece) > 3:
        return (*_VOCABULARY[piece[:-1]], piece[-1])  # the first of several
    for cut in range(len(piece) - 1, max(3, len(piece) - 4), -1):
        begin = _VOCABULARY.get(piece[:cut])
        if begin is not None and piece[cut:] not in _DERIVING:
            return (*begin, piece[cut:])
    return (piece,)


def _spelled(piece: str) -> tuple[str, ...] | None:
    """The words of which it consists, if it does."""
    # the fewest words that together spell it, each of three letters or more
    best: list[tuple[int, tuple[str, ...]] | None] = [(0, ())] + [None] * len(piece)
    for end in range(1, len(piece) + 1):
        for start in range(max(0, end - _LONGEST), end):
            before = best[start]
            part = piece[start:end]
            meaning = _VOCABULARY.get(part)
            if meaning is None and part.endswith("s") and len(part) >= _BOUND and end < len(piece):
                meaning = _VOCABULARY.get(part[:-1])
            if meaning is None and start == 0 and part in _SINGLE and piece[end:] in ("name", "nm"):
                meaning = _SINGLE[part]
            if before is None or meaning is None or not _may_join(part, start, end == len(piece)):
                continue
            weight = before[0] + 1
            now = best[end]
            if now is None or weight < now[0]:
                best[end] = weight, (*before[1], *meaning)
    whole = best[-1]
    return whole[1] if whole is not None else None


_SHORT = frozenset({"id", "no", "nr", "cd", "hm", "wk", "to", "of", "at", "on", "is", "dt", "nm", "tm"})
_BEGINNINGS = frozenset({"pt", "dr", "rx", "dx", "tx"})


def _may_join(part: str, start: int, last: bool) -> bool:
    """Two letters are a word among others only if nothing else is as likely."""
    if len(part) >= 3 or part in _SHORT:
        return True
    return (part in _BEGINNINGS and start == 0 and not last) or (part in _SINGLE and not last)


_BOUND = 6
"""Letters of a word and the s that binds it to the next one in Germanic languages: ``rechnungsnr``."""
_HEADS = ("datum", "dato", "nummer", "nr", "naam", "navn", "tijd", "zeit")
"""What a compound in these languages is, whatever stands before it: ``inschrijfdatum``."""
_REACHED = (("phone",), ("fax",))
_DERIVING = frozenset(
    {"al", "ed", "er", "ity", "ing", "ion", "ive", "ous", "ial", "ary", "ory", "ist", "ism", "ly", "ate"}
)
"""What makes another word of one."""


def singular(word: str) -> str:
    """Good enough for names of tables that the vocabulary does not have."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
