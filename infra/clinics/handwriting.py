"""How people at a front desk write: mostly well, sometimes not. Everything is a function of the random source."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta
from random import Random
from typing import Any

from infra.clinics import words

_FIRST_DAY = datetime.fromisoformat("2023-01-02 08:00")
_DAYS = 900


def wall_clock(random: Random) -> datetime:
    """A naive time at the clinic, now and then in an hour that a clock change doubles or drops."""
    if random.random() < 0.02:
        return datetime.fromisoformat(random.choice(words.DOUBLED_HOURS + words.MISSING_HOURS))
    return _FIRST_DAY + timedelta(days=random.randrange(_DAYS), minutes=15 * random.randrange(40))


def phone(random: Random, number: int) -> str:
    """A number of this patient's own (555 exchange), written in one of the ways people write it."""
    area, line = words.AREA_CODES[number % 20], f"{number // 20 % 10_000:04d}"
    style = random.choice(("({}) 555-{}", "{}-555-{}", "{}.555.{}", "+1 {} 555 {}", "1{}555{}", " {} 555 {} "))
    return style.format(area, line)


def sloppy(random: Random, name: str) -> str:
    """The same name in another hand: its case or its spaces changed."""
    return random.choice(
        (name.upper(), name.lower(), f"{name} ", f" {name}", name.replace(" ", "  "), name.swapcase(), f"{name}\t")
    )


def text(random: Random) -> str:
    """Notes in markdown: quotes, backslashes, emoji; one in three hundred is very long."""
    count = 4000 if random.random() < 0.003 else random.randint(1, 4)
    return "\n\n".join(random.choice(words.SENTENCES) for _ in range(count))


def mistyped(random: Random, share: float, right: Any, *wrong: Any) -> Any:
    return random.choice(wrong) if random.random() < share else right


def email(random: Random, first: str, last: str, number: int) -> str | None:
    if random.random() < 0.15:
        return random.choice(("", None))
    if random.random() < 0.01:
        return random.choice(("none", "n/a", "anna at home"))
    plain = unicodedata.normalize("NFKD", f"{first}.{last}").encode("ascii", "ignore").decode()
    local = "".join(letter for letter in plain if letter.isalnum() or letter == ".").strip(".").lower()
    address = f"{local}{number}@{random.choice(words.MAIL_DOMAINS)}"
    written: str = mistyped(random, 0.1, address, address.title(), f"{address} ", f" {address.upper()}")
    return written
