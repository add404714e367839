"""Made-up files of a German dental practice's old software: short names, dates and amounts as Germans write them."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

from infra.proposals.dental import Row

_LAST = datetime(2025, 5, 30, 17)  # noqa: DTZ001  # the software writes the practice's wall clock
_FIRST_NAMES = [
    "Anke",
    "Bernd",
    "Claudia",
    "Dirk",
    "Elke",
    "Frank",
    "Gisela",
    "Heiko",
    "Ines",
    "Jonas",
    "Katrin",
    "Lars",
    "Meike",
    "Nils",
    "Petra",
    "Rolf",
]
_LAST_NAMES = [
    "Ahrens",
    "Bauer",
    "Clasen",
    "Dietz",
    "Ehlers",
    "Fuchs",
    "Grote",
    "Hansen",
    "Jahn",
    "Kruse",
    "Lange",
    "Möller",
    "Neumann",
    "Pohl",
    "Schröder",
]
_TOWNS = (("Kiel", "24103"), ("Lübeck", "23552"), ("Eutin", "23701"), ("Plön", "24306"))
_STREETS = ("Hauptstraße", "Lindenweg", "Am Markt", "Schulstraße", "Holstenstraße")
_WORDS = [
    "Patient",
    "klagt",
    "über",
    "Schmerzen",
    "Kontrolle",
    "unauffällig",
    "Füllung",
    "erneuert",
    "Recall",
    "in",
    "sechs",
    "Monaten",
    "nüchtern",
]


def tables(patients: int = 130, seed: int = 31) -> Mapping[str, list[Row]]:
    """All rows by the name of their file."""
    return {name: list(make(Random(f"{seed}/{name}"), patients)) for name, make in _MADE.items()}  # noqa: S311


def write(directory: Path) -> None:
    """The files, in the code page of old Windows programs."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, rows in tables().items():
        with (directory / f"{name}.csv").open("w", encoding="cp1252", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), delimiter=";")
            writer.writeheader()
            writer.writerows(rows)


def _text(random: Random) -> str:
    return " ".join(random.choices(_WORDS, k=random.randint(4, 12)))


def _past(random: Random, days: int = 1100) -> datetime:
    return _LAST - timedelta(days=random.randrange(days), minutes=random.randrange(600))


def _day(moment: datetime | date) -> str:
    return f"{moment:%d.%m.%Y}"


def _euro(cents: int) -> str:
    return f"{cents / 100:,.2f}".translate(str.maketrans(",.", ".,"))


def _tel(random: Random) -> str:
    return f"0{random.choice([431, 451, 4521])}/{random.randint(10_000, 999_999)}"


def _patstamm(random: Random, patients: int) -> Iterator[Row]:
    for number in range(1, patients + 1):
        first, last = random.choice(_FIRST_NAMES), random.choice(_LAST_NAMES)
        town, postcode = random.choice(_TOWNS)
        yield {
            "PATNR": number,
            "NAME": last,
            "VORNAME": first,
            "GEBDAT": _day(date(1936, 1, 1) + timedelta(days=random.randrange(30_000))),
            "GESCHL": random.choice("MW"),
            "STRASSE": f"{random.choice(_STREETS)} {random.randint(1, 140)}",
            "PLZ": postcode,
            "ORT": town,
            "TELPRIV": _tel(random) if random.random() < 0.6 else "",
            "TELMOBIL": f"017{random.randint(0, 9)} {random.randint(10**6, 10**7 - 1)}"
            if random.random() < 0.8
            else "",
            "EMAIL": f"{first}.{number}@post.example".lower() if random.random() < 0.6 else "",
            "VERSNR": f"{random.choice('ABCDEFG')}{random.randint(10**8, 10**9 - 1)}",
            "KASSENNR": random.randint(1, 6),
            "BEHANDLER": random.randint(1, 4),
            "AUFNAHME": _day(_past(random, 4000)),
            "RECALL": random.choice("JN"),
            "BEMERKUNG": _text(random) if random.random() < 0.2 else "",
        }


def _behandler(random: Random, _: int) -> Iterator[Row]:
    for number in range(1, 5):
        yield {
            "BEHNR": number,
            "TITEL": random.choice(["Dr.", "ZA", "Dr. med. dent."]),
            "NAME": _LAST_NAMES[number],
            "VORNAME": _FIRST_NAMES[number],
            "FACHGEBIET": random.choice(["Oralchirurgie", "Kieferorthopädie", "Allgemein"]),
            "TELEFON": _tel(random),
        }


def _kassen(random: Random, _: int) -> Iterator[Row]:
    for number, name in enumerate(("AOK Nord", "Küstenkasse", "BKK Förde", "Privat", "TK Ost", "IKK Holstein"), 1):
        town, postcode = random.choice(_TOWNS)
        yield {
            "KASSENNR": number,
            "BEZEICHNUNG": name,
            "IKNR": random.randint(10**8, 10**9 - 1),
            "STRASSE": f"{random.choice(_STREETS)} {random.randint(1, 99)}",
            "PLZ": postcode,
            "ORT": town,
            "TELEFON": _tel(random),
        }


def _termine(random: Random, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 3):
        begin = _LAST + timedelta(days=random.randrange(-900, 60), minutes=15 * random.randrange(-32, 1))
        yield {
            "TERMINNR": number,
            "PATNR": random.randint(1, patients),
            "BEHNR": random.randint(1, 4),
            "BEGINN": f"{begin:%d.%m.%Y %H:%M}",
            "DAUER": random.choice([15, 30, 45, 60, 90]),
            "ART": random.choice(["Kontrolle", "PZR", "Füllung", "Schmerz"]),
            "STATUS": random.choice(["erledigt", "erledigt", "geplant", "abgesagt"]),
            "GRUND": random.choice(["Schmerzen links", "Vorsorge", "Krone lose", "Beratung Implantat"]),
            "BEMERKUNG": _text(random) if random.random() < 0.3 else "",
        }


def _rechnungen(random: Random, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 2):
        made, total = _past(random), random.randrange(2_000, 250_000)
        yield {
            "RENR": number,
            "PATNR": random.randint(1, patients),
            "REDATUM": _day(made),
            "BETRAG": _euro(total),
            "BEZAHLT": _euro(random.choice([0, total, total // 2])),
            "FAELLIG": _day(made + timedelta(days=30)),
            "STATUS": random.choice(["offen", "bezahlt", "gemahnt"]),
        }


def _leistungen(random: Random, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 4):
        yield {
            "LEINR": number,
            "PATNR": random.randint(1, patients),
            "BEHNR": random.randint(1, 4),
            "LEIDATUM": _day(_past(random)),
            "GOZ": random.choice(["0010", "1040", "2060", "2210", "4005", "9010"]),
            "ANZAHL": random.choice([1, 1, 1, 2, 3, 4]),
            "PREIS": _euro(random.randrange(900, 90_000)),
            "TEXT": random.choice(["Eingehende Untersuchung", "Zahnreinigung", "Kompositfüllung", "Vollkrone"]),
            "RENR": random.randint(1, patients * 2 - 1),
        }


def _notizen(random: Random, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 2):
        yield {
            "NOTIZNR": number,
            "PATNR": random.randint(1, patients),
            "ERSTELLT": f"{_past(random):%d.%m.%Y %H:%M}",
            "KUERZEL": random.choice(["ab", "cd", "me"]),
            "BETREFF": random.choice(["Anruf", "Befund", "Aufklärung", "Labor"]) + f" {number}",
            "INHALT": _text(random),
        }


def _dokumente(random: Random, patients: int) -> Iterator[Row]:
    for number in range(1, patients):
        name = f"{random.choice(['opg', 'brief', 'hkp'])}{number}.{random.choice(['pdf', 'jpg'])}"
        yield {
            "DOKNR": number,
            "PATNR": random.randint(1, patients),
            "DATEINAME": name,
            "PFAD": f"P{number % 30}/{name}",
            "GROESSE": random.randint(9_000, 5_000_000),
            "ERSTELLT": f"{_past(random):%d.%m.%Y %H:%M}",
            "KATEGORIE": random.choice(["Röntgen", "Arztbrief", "Heil- und Kostenplan"]),
        }


_MADE = {
    "PATSTAMM": _patstamm,
    "BEHANDLER": _behandler,
    "KASSEN": _kassen,
    "TERMINE": _termine,
    "RECHNUNGEN": _rechnungen,
    "LEISTUNGEN": _leistungen,
    "NOTIZEN": _notizen,
    "DOKUMENTE": _dokumente,
}
