"""A made-up small American practice in somebody else's schema: every column bears its table's prefix, zero for nobody.

Table and column names are those of the public schema of an open-source practice management system; rows are made here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from infra.clinics.words import CARRIERS, CITIES
from infra.proposals import prefixed_chart
from infra.proposals.dental import npi
from infra.proposals.prefixed_chart import doctor, user
from infra.proposals.scribe import Row, Scribe, written


def tables(patients: int = 130, seed: int = 71) -> Mapping[str, Sequence[Row]]:
    """All rows by table."""
    return written({**_MADE, **prefixed_chart.MADE}, patients, seed)


def _tel(scribe: Scribe) -> str:
    return f"{scribe.choice([860, 203])}{scribe.randint(200, 999)}{scribe.randint(0, 9999):04}"


def _place(scribe: Scribe, prefix: str, suffix: str = "") -> Row:
    city, state, postcode = scribe.choice(CITIES)
    parts = {
        "addr1": scribe.street(),
        "addr2": scribe.some(0.2, f"Ste {scribe.randint(1, 90)}"),
        "city": city,
        "state": state,
        "zip": postcode,
    }
    return {f"{prefix}{name}{suffix}": value for name, value in parts.items()}


def _patient(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients + 1):
        (first, last), added, dead = scribe.name(), scribe.past(4000), scribe.random() < 0.03
        paid = scribe.random() < 0.5
        yield {
            "ptdtadd": added.date(),
            "ptdtmod": scribe.past().date(),
            "ptbal": scribe.some(0.4, scribe.randrange(500, 60_000) / 100, 0.0),
            "ptbalfwd": 0.0,
            "ptunapp": None,
            "ptdoc": doctor(scribe),
            "ptrefdoc": scribe.some(0.3, doctor(scribe), "0"),
            "ptpcp": scribe.some(0.5, doctor(scribe), "0"),
            "ptphy1": "0",
            "ptphy2": "0",
            "ptbilltype": scribe.choice(["sta", "sta", "mon", "chg"]),
            "ptsalut": scribe.choice(["Mr", "Mrs", "Ms", ""]),
            "ptlname": last,
            "ptmaidenname": scribe.some(0.05, scribe.name()[1]),
            "ptfname": first,
            "ptmname": scribe.some(0.4, scribe.choice("ABCDEJKLM")),
            "ptsuffix": scribe.some(0.03, "Jr"),
            **_place(scribe, "pt"),
            "ptcountry": scribe.some(0.8, "United States"),
            "ptprefcontact": scribe.choice(["home", "mobile", "work"]),
            "pthphone": scribe.some(0.8, _tel(scribe)),
            "ptwphone": scribe.some(0.3, _tel(scribe)),
            "ptmphone": scribe.some(0.6, _tel(scribe)),
            "ptfax": scribe.some(0.02, _tel(scribe)),
            "ptemail": scribe.email(first, last, number),
            "ptsex": scribe.choice("mf"),
            "ptdob": scribe.birth(),
            "ptssn": scribe.some(0.7, scribe.digits(9)),
            "ptdmv": scribe.some(0.3, scribe.digits(9)),
            "ptdtlpay": added.date() if paid else None,
            "ptamtlpay": scribe.randrange(1000, 9000) / 100 if paid else None,
            "ptstatus": 0,
            "ptdiag1": 0,
            "ptid": f"{last[:3].upper()}{number:04}",
            "ptmarital": scribe.choice(["single", "married", "divorced", "widowed", "unknown"]),
            "ptempl": scribe.choice("ynrpsu"),
            "ptemp1": 0,
            "ptnextofkin": scribe.some(0.3, " ".join(scribe.name())),
            "ptblood": scribe.choice(["O", "A", "B", "AB", "-"]),
            "ptdead": int(dead),
            "ptdeaddt": scribe.past().date() if dead else None,
            "pttimestamp": added,
            "ptemritimestamp": None,
            "ptpharmacy": 0,
            "ptarchive": scribe.some(0.04, 1, 0),
            "ptprimaryfacility": scribe.of(3, 0, share=0.1),
            "ptprimarylanguage": scribe.choice(["en", "en", "es"]),
            "iso": "",
            "id": number,
        }


def _physician(scribe: Scribe, _: int) -> Iterator[Row]:
    for number in range(1, prefixed_chart.DOCTORS + 1):
        first, last = scribe.name()
        yield {
            "phylname": last,
            "phyfname": first,
            "phymname": scribe.some(0.5, scribe.choice("ABCD")),
            "phytitle": scribe.choice(["MD", "DO", "PA-C"]),
            "phypractice": 0,
            "phypracname": scribe.choice(["Quinebaug Family Practice", "Quinebaug Family Practice", "Shoreline Ortho"]),
            **_place(scribe, "phy", "a"),
            "phyphonea": _tel(scribe),
            "phyfaxa": scribe.some(0.8, _tel(scribe)),
            **dict.fromkeys(("phyaddr1b", "phyaddr2b", "phycityb", "phystateb", "phyzipb", "phyphoneb"), ""),
            "phyemail": scribe.some(0.8, f"doctor{number}@quinebaug.example"),
            "phycellular": scribe.some(0.6, _tel(scribe)),
            "phypager": scribe.some(0.3, _tel(scribe)),
            "phyupin": f"{scribe.choice('ABCH')}{scribe.digits(5)}",
            "physsn": scribe.some(0.5, scribe.digits(9)),
            "phyref": scribe.choice(["yes", "no"]),
            "phyrefcount": 0,
            "phydea": scribe.some(0.7, f"B{last[0].upper()}{scribe.digits(7)}"),
            "phyclia": "",
            "phynpi": npi(scribe),
            "id": number,
        }


def _facility(scribe: Scribe, _: int) -> Iterator[Row]:
    for number, name in enumerate(("Quinebaug Family Practice", "Thompson Annex", "Day Kimball Surgical"), 1):
        yield {
            "psrname": name,
            **_place(scribe, "psr"),
            "psrcountry": "United States",
            "psrnote": scribe.some(0.3, "closed Wednesdays"),
            "psrdateentry": scribe.past(5000).date(),
            "psrdefphy": scribe.of(prefixed_chart.DOCTORS),
            "psrphone": _tel(scribe),
            "psrfax": _tel(scribe),
            "psremail": f"desk{number}@quinebaug.example",
            "psrein": scribe.digits(9),
            "psrnpi": npi(scribe),
            "psrtaxonomy": "",
            "psrpos": scribe.choice([11, 22]),
            "id": number,
        }


def _insco(scribe: Scribe, _: int) -> Iterator[Row]:
    for number, name in enumerate(CARRIERS, 1):
        yield {
            "inscodtadd": scribe.past(5000).date(),
            "inscodtmod": scribe.past().date(),
            "insconame": name,
            "inscoalias": name.split()[0],
            **_place(scribe, "insco"),
            "inscophone": _tel(scribe),
            "inscofax": scribe.some(0.6, _tel(scribe)),
            "inscocontact": scribe.some(0.4, " ".join(scribe.name())),
            "inscoid": scribe.digits(5),
            "inscowebsite": scribe.some(0.6, f"https://www.carrier{number}.example"),
            "inscoemail": scribe.some(0.5, f"claims@carrier{number}.example"),
            "inscogroup": 0,
            "inscomod": None,
            "inscodefoutput": scribe.choice(["electronic", "electronic", "paper"]),
            "inscoarchive": 0,
            "id": number,
        }


def _cpt(_: Scribe, __: int) -> Iterator[Row]:
    for number, (code, name) in enumerate((("99213", "Office visit"), ("99203", "New patient"), ("81002", "UA")), 1):
        yield {"cptcode": code, "cptnameint": name, "cptnameext": name, "id": number}


def _messages(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients):
        yield {
            "msgby": user(scribe),
            "msgtime": scribe.past(),
            "msgfor": user(scribe),
            "msgrecip": "",
            "msgpatient": scribe.of(patients, 0, share=0.15),
            "msgperson": scribe.some(0.15, " ".join(scribe.name())),
            "msgurgency": scribe.choice([1, 3, 3, 3, 5]),
            "msgsubject": scribe.choice(["Refill", "Results", "Please call", "Form"]) + f" {number}",
            "msgtext": scribe.text(3),
            "msgread": scribe.some(0.8, 1, 0),
            "msgtag": "",
            "active": "active",
            "id": number,
        }


_MADE = {
    "patient": _patient,
    "physician": _physician,
    "facility": _facility,
    "insco": _insco,
    "cpt": _cpt,
    "messages": _messages,
}
KEYS = dict.fromkeys({**_MADE, **prefixed_chart.MADE}, "id")
"""Primary keys. References are declared only in newer installations; this is an old one."""
