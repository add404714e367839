"""Made-up exports of an Australian allied-health program: headings of printed reports, dollar signs, days first.

What is kept (referrals with their sessions, third parties who are billed, Medicare numbers) is what such programs keep
in Australia; lists, headings and rows are made here.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from infra.proposals import australian_chart
from infra.proposals.australian_chart import (
    BILLERS,
    CLINICIANS,
    CLINICS,
    FIRST_CLIENT,
    REFERRERS,
    called,
    client_of,
    day,
    dollars,
)
from infra.proposals.scribe import Row, Scribe, written

_TOWNS = (("Ballarat", "VIC", "3350"), ("Bendigo", "VIC", "3550"), ("Echuca", "VIC", "3564"), ("Albury", "NSW", "2640"))
_DISCIPLINES = ("Physiotherapist", "Clinical Psychologist", "Psychologist", "Exercise Physiologist", "Dietitian")


def tables(patients: int = 150, seed: int = 83) -> Mapping[str, Sequence[Row]]:
    """All rows by the name of their file, as the program prints them."""
    return written({**_MADE, **australian_chart.MADE}, patients, seed)


def write(directory: Path) -> None:
    """The files, as the program saves them for a spreadsheet."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, rows in tables().items():
        with (directory / f"{name}.csv").open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\r\n")
            writer.writeheader()
            writer.writerows(rows)


def _tel(scribe: Scribe) -> str:
    return f"(03) {scribe.randint(5300, 5499)} {scribe.digits(4)}"


def _mobile(scribe: Scribe) -> str:
    return f"04{scribe.randint(10, 99)} {scribe.digits(3)} {scribe.digits(3)}"


def _provider(scribe: Scribe) -> str:
    return f"{scribe.digits(6)}{scribe.randint(0, 9)}{scribe.choice('ABFHJKLTWX')}"


def _place(scribe: Scribe, street: str) -> Row:
    suburb, state, postcode = scribe.choice(_TOWNS)
    return {street: scribe.street(), "Suburb": suburb.upper(), "State": state, "P/code": postcode}


def _clients(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(FIRST_CLIENT + 1, FIRST_CLIENT + patients + 1):
        (first, last), seen = called(number), scribe.past(3500)
        funded, related, medicare = scribe.random() < 0.4, scribe.random() < 0.4, scribe.random() < 0.8
        yield {
            "UR No.": number,
            "Title": scribe.choice(["Mr", "Mrs", "Ms", "Miss", "Dr", ""]),
            "Surname": last,
            "Given Name(s)": first + scribe.some(0.2, f" {scribe.choice('ABCDEJM')}"),
            "Pref. Name": scribe.some(0.1, first[:3]),
            "D.O.B.": scribe.some(0.98, day(scribe.birth())),
            "Sex": scribe.choice(["M", "F", "F", "X"]),
            **_place(scribe, "Address"),
            "Ph (H)": scribe.some(0.4, _tel(scribe)),
            "Ph (W)": scribe.some(0.1, _tel(scribe)),
            "Mobile": scribe.some(0.9, _mobile(scribe)),
            "E-mail": scribe.email(first, last, number),
            "Occupation": scribe.some(
                0.5, scribe.choice(["Teacher", "Retired", "Student", "Farmer", "Nurse", "Driver"])
            ),
            "Medicare No.": f"{scribe.digits(4)} {scribe.digits(5)} {scribe.randint(1, 9)}" if medicare else "",
            "IRN": scribe.randint(1, 5) if medicare else "",
            "Medicare Exp.": f"{scribe.randint(1, 12):02}/{scribe.randint(2024, 2029)}" if medicare else "",
            "DVA No.": scribe.some(0.05, f"VX{scribe.digits(6)}"),
            "NDIS No.": scribe.some(0.15, f"43{scribe.digits(7)}"),
            "Health Fund": scribe.choice(["Southern Mutual", "Teachers' Fund", "Wattle Health"]) if funded else "",
            "Fund Member No.": scribe.digits(8) if funded else "",
            "Bill To": scribe.some(0.2, scribe.choice(list(BILLERS))),
            "Family Head": scribe.some(0.25, client_of(scribe, patients)),
            "Usual Clinician": scribe.some(0.9, scribe.choice(CLINICIANS)),
            "Home Clinic": scribe.choice(list(CLINICS)),
            "Next of Kin": " ".join(scribe.name()) if related else "",
            "NOK Ph.": _mobile(scribe) if related else "",
            "SMS Rem.?": scribe.some(0.85, "Y", "N"),
            "Mailing List?": scribe.some(0.35, "Y", "N"),
            "Privacy Form": scribe.some(0.8, day(seen)),
            "How Heard": scribe.choice(["GP", "Word of mouth", "Google", "Facebook", "Walk past", ""]),
            "Alerts": scribe.some(0.12, scribe.choice(["Latex allergy", "Pacemaker", "Do not leave voicemail"])),
            "First Seen": day(seen),
            "Last Seen": day(scribe.past(700)),
            "Acct Bal.": dollars(scribe.some(0.3, scribe.randrange(-12_000, 140_000, 50), 0)),
            "Status": scribe.choice(["Active", "Active", "Active", "Inactive", "Deceased"]),
            "Icon": scribe.some(0.3, scribe.randint(1, 6), 0),
        }


def _clinicians(scribe: Scribe, _: int) -> Iterator[Row]:
    for number, code in enumerate(CLINICIANS, 1):
        first, last = scribe.name()
        yield {
            "Code": code,
            "Name": f"{scribe.choice(['Ms', 'Mr', 'Dr'])} {first} {last}",
            "Discipline": scribe.choice(_DISCIPLINES),
            "Provider No.": _provider(scribe),
            "AHPRA": f"{scribe.choice(['PHY', 'PSY'])}000{scribe.digits(7)}",
            "E-mail": f"{code.lower()}@sovereign-allied.example",
            "Direct Ph.": scribe.some(0.6, _mobile(scribe)),
            "Clinic": scribe.choice(list(CLINICS)),
            "Start Date": day(scribe.past(3000)),
            "Finish Date": day(scribe.past(300)) if number == len(CLINICIANS) else "",
            "Commission %": scribe.choice([40, 45, 55, 60]),
            "Diary Colour": f"&H00{scribe.randrange(256**3):06X}&",
        }


def _clinics(scribe: Scribe, _: int) -> Iterator[Row]:
    for code, name in CLINICS.items():
        yield {
            "Clinic Code": code,
            "Clinic Name": name,
            **_place(scribe, "Street"),
            "Phone": _tel(scribe),
            "Fax": _tel(scribe),
            "E-mail": f"{code.lower()}.reception@sovereign-allied.example",
            "ABN": f"{scribe.digits(2)} {scribe.digits(3)} {scribe.digits(3)} {scribe.digits(3)}",
            "Open Hours": scribe.choice(["Mon-Fri 8-6", "Mon-Fri 8-6, Sat 9-12", "Tue & Thu 9-5"]),
        }


def _referrers(scribe: Scribe, _: int) -> Iterator[Row]:
    for number in range(1, REFERRERS + 1):
        first, last = scribe.name()
        yield {
            "Ref ID": f"R{number:04}",
            "Title": scribe.some(0.9, "Dr"),
            "Surname": last,
            "Given Name(s)": first,
            "Practice Name": scribe.choice(["Eureka Medical", "Lake Wendouree GPs", "Campaspe Family Practice"]),
            "Provider No.": _provider(scribe),
            **_place(scribe, "Street"),
            "Phone": _tel(scribe),
            "Fax": scribe.some(0.8, _tel(scribe)),
            "E-mail": scribe.some(0.3, f"reception{number}@gp.example"),
            "Inactive?": scribe.some(0.1, "Y", "N"),
        }


def _third_parties(scribe: Scribe, _: int) -> Iterator[Row]:
    for code, name in BILLERS.items():
        yield {
            "Biller Code": code,
            "Organisation": name,
            "Attn": scribe.choice(["Accounts", "Claims Dept", " ".join(scribe.name())]),
            "Type": scribe.choice(["NDIS plan mgr", "Insurer", "Government"]),
            **_place(scribe, "Postal Address"),
            "Phone": f"1300 {scribe.digits(3)} {scribe.digits(3)}",
            "E-mail": f"invoices@{code.lower()}.example",
            "Web": scribe.some(0.6, f"www.{code.lower()}.example"),
            "Terms (days)": scribe.choice([7, 14, 30]),
        }


_MADE = {
    "client_list": _clients,
    "clinicians": _clinicians,
    "clinics": _clinics,
    "referrers": _referrers,
    "third_parties": _third_parties,
}
