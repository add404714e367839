"""Made-up files of a British dentist's old program, a table each: amounts in pence, clock times as numbers, zero dates.

File and column names are those of the public schema of an open-source dental program; rows are made here.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from infra.proposals.scribe import Row, Scribe, written

_TOWNS = (("Inverness", "IV2 3HD"), ("Nairn", "IV12 4AA"), ("Dingwall", "IV15 9HL"), ("Beauly", "IV4 7BX"))
_DENTISTS = ("NW", "BW", "HG", "SJ", "YAH")
_ITEMS = (
    ("0101", "Clinical Examination"),
    ("1001", "Scale and Polish"),
    ("1421", "Amalgam filling"),
    ("1711", "Crown"),
)
_NEVER = "0000-00-00"


def tables(patients: int = 140, seed: int = 67) -> Mapping[str, Sequence[Row]]:
    """All rows by the name of their file."""
    return written(_MADE, patients, seed)


def write(directory: Path) -> None:
    """The files, as the program's database dumps them."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, rows in tables().items():
        with (directory / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


def _tel(scribe: Scribe) -> str:
    return f"01463 {scribe.digits(6)}"


def _patients(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients + 1):
        first, last = scribe.name()
        town, postcode = scribe.choice(_TOWNS)
        yield {
            "serialno": number,
            "sname": last.upper(),
            "fname": first.upper(),
            "title": scribe.choice(["MR", "MRS", "MISS", "MS", "DR", ""]),
            "sex": scribe.choice("MF"),
            "dob": scribe.some(0.97, scribe.birth(), _NEVER),
            "addr1": scribe.street().upper(),
            "addr2": scribe.some(0.3, f"FLAT {scribe.randint(1, 30)}"),
            "addr3": "",
            "town": town.upper(),
            "county": scribe.some(0.4, "HIGHLAND"),
            "pcde": scribe.choice([postcode, postcode, postcode.replace(" ", "")]),
            "tel1": scribe.some(0.7, _tel(scribe)),
            "tel2": scribe.some(0.2, _tel(scribe)),
            "mobile": scribe.some(0.7, f"07{scribe.digits(3)} {scribe.digits(6)}"),
            "fax": "",
            "email1": scribe.email(first, last, number),
            "email2": scribe.some(0.02, f"second{number}@example.org"),
            "occup": scribe.some(0.4, scribe.choice(["FARMER", "TEACHER", "RETIRED", "STUDENT"])),
            "nhsno": scribe.some(0.5, scribe.digits(10)),
            "cnfd": scribe.some(0.6, scribe.past(4000).date(), _NEVER),
            "cset": scribe.choice("NNPI"),
            "dnt1": scribe.of(5),
            "dnt2": scribe.of(5, 0, share=0.8),
            "courseno0": scribe.some(0.9, 4000 + number, 0),
            "billdate": scribe.some(0.15, scribe.past().date(), _NEVER),
            "billct": scribe.choice([0, 0, 0, 1, 2, 3]),
            "billtype": scribe.some(0.15, scribe.choice("ABC")),
            "familyno": scribe.some(0.4, number // 3 + 1, 0),
            "memo": scribe.some(0.15, scribe.text()),
            "status": scribe.some(0.08, scribe.choice(["DECEASED", "BAD DEBT", "MOVED"])),
        }


def _clinicians(scribe: Scribe, _: int) -> Iterator[Row]:
    for number, initials in enumerate(_DENTISTS, 1):
        first, last = scribe.name()
        yield {
            "ix": number,
            "initials": initials,
            "name": f"{first} {last}",
            "formal_name": f"Dr {first[0]}. {last}",
            "qualifications": scribe.choice(["BDS Edin", "BDS Dund", "Dip. Dent. Hyg."]),
            "type": scribe.choice([1, 1, 2]),
            "speciality": scribe.choice(["General Dental Practitioner", "Hygienist"]),
            "data": "",
            "comments": scribe.some(0.3, "Tuesdays and Thursdays"),
        }


def _slots(scribe: Scribe, patients: int) -> Iterator[Row]:
    taken = set()
    for _ in range(patients * 3):
        begin, chair, kept = scribe.slot(), scribe.of(5), scribe.random() < 0.92
        if (begin, chair) in taken:
            continue
        taken.add((begin, chair))
        end, (first, last) = begin + timedelta(minutes=scribe.choice([10, 15, 30])), scribe.name()
        yield {
            "adate": begin.date(),
            "apptix": chair,
            "start": int(f"{begin:%H%M}"),
            "end": int(f"{end:%H%M}"),
            "name": f"{last[:12].upper()} {first[0]}" if kept else "LUNCH",
            "serialno": scribe.of(patients, patients + 300, share=0.01) if kept else 0,
            "code0": scribe.choice(["EXAM", "EXAM", "FILL", "CROWN", "HYG"]) if kept else "",
            "code1": scribe.some(0.3, scribe.choice(["S/P", "X-RAY"])) if kept else "",
            "code2": "",
            "note": scribe.some(0.15, "needs premed"),
            "flag0": 1,
            "flag1": 0,
            "flag2": 0,
            "flag3": 0,
            "timestamp": begin - timedelta(days=scribe.randrange(1, 90)),
        }


def _daybook(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 3):
        dentist = scribe.of(5)
        yield {
            "date": scribe.past().date(),
            "serialno": scribe.of(patients),
            "coursetype": scribe.choice("NNPI"),
            "dntid": dentist,
            "trtid": scribe.some(0.7, dentist, scribe.of(5)),
            "diagn": scribe.some(0.6, scribe.choice(["CE", "CE S", "ECE"])),
            "perio": scribe.some(0.4, scribe.choice(["SP", "SP+/2", "PPC"])),
            "anaes": scribe.some(0.05, "LA"),
            "misc": scribe.some(0.1, "FL"),
            "ndu": scribe.some(0.02, "F/"),
            "ndl": scribe.some(0.02, "/F"),
            "odu": "",
            "odl": "",
            "other": scribe.some(0.1, "mouthguard"),
            "chart": "",
            "feesa": scribe.randrange(800, 24_000),
            "feesb": scribe.randrange(0, 9_000),
            "feesc": 0,
            "id": number,
        }


def _estimates(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 3):
        (code, what), fee = scribe.choice(_ITEMS), scribe.randrange(700, 42_000)
        yield {
            "ix": number,
            "serialno": scribe.of(patients),
            "courseno": 4000 + scribe.of(patients),
            "category": scribe.choice(["exam", "perio", "ur6", "ll4"]),
            "type": scribe.choice(["CE", "SP", "MOD", "CR,GO"]),
            "number": scribe.choice([1, 1, 1, 2]),
            "itemcode": code,
            "description": what,
            "fee": fee,
            "ptfee": scribe.some(0.7, fee * 8 // 10, fee),
            "csetype": scribe.choice("NNP"),
            "feescale": scribe.choice("AABC"),
            "dent": scribe.of(5),
            "completed": scribe.some(0.8, 1, 0),
            "carriedover": scribe.some(0.1, 1, 0),
            "linked": "",
            "modified_by": scribe.choice(["neil", "reception", "conversion"]),
            "time_stamp": scribe.past(),
        }


def _notes(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 4):
        seen = scribe.past()
        yield {
            "ix": number,
            "serialno": scribe.of(patients),
            "ndate": seen.date(),
            "op1": scribe.choice(_DENTISTS),
            "op2": scribe.some(0.3, scribe.choice(_DENTISTS)),
            "ntype": scribe.choice(["newNOTE", "newNOTE", "TC: EXAM", "RECALL", "UPDATED:MEDICAL HISTORY"]),
            "note": scribe.text(1)[:80],
            "timestamp": seen + timedelta(minutes=scribe.randrange(30)),
        }


def _memos(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients):
        made = scribe.past()
        yield {
            "ix": number,
            "serialno": scribe.of(patients),
            "enabled": 1,
            "author": scribe.choice(_DENTISTS),
            "type": scribe.choice(["all", "surg", "rec"]),
            "mdate": made,
            "expiredate": scribe.some(0.4, (made + timedelta(days=90)).date(), _NEVER),
            "message": scribe.text(),
            "open": scribe.some(0.7, 1, 0),
        }


def _imported(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients):
        made = scribe.past()
        yield {
            "ix": number,
            "serialno": scribe.of(patients),
            "datatype": scribe.choice(["application/pdf", "image/jpeg", "application/octet-stream"]),
            "name": f"{scribe.choice(['opg', 'referral', 'consent'])}_{number}.{scribe.choice(['pdf', 'jpg'])}",
            "size": scribe.randint(8_000, 6_000_000),
            "filedate": made,
            "importime": made + timedelta(minutes=scribe.randrange(1, 400)),
        }


def _history(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients):
        yield {
            "ix": number,
            "pt_sno": number,
            "medication_comments": scribe.some(0.3, scribe.choice(["warfarin", "HRT", "ramipril, statin"])),
            "warning_card": scribe.some(0.03, "steroid"),
            "allergies": scribe.some(0.2, scribe.choice(["penicillin", "latex", "elastoplast"])),
            "respiratory": scribe.some(0.15, "asthma"),
            "heart": scribe.some(0.1, scribe.choice(["angina", "murmur"])),
            "diabetes": scribe.some(0.08, scribe.choice(["type 1", "type 2"])),
            "arthritis": "",
            "bleeding": scribe.some(0.04, "on warfarin"),
            "cjd": "",
            "other": scribe.some(0.1, "pregnant"),
            "alert": scribe.some(0.1, 1, 0),
            "chkdate": scribe.past().date(),
            "modified_by": scribe.choice(["neil", "unknown"]),
            "time_stamp": scribe.past(),
        }


def _exemptions(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients // 2):
        yield {
            "ix": number,
            "serialno": scribe.of(patients),
            "exemption": scribe.choice(["M", "B", "C", "S"]),
            "exempttext": scribe.choice(["", "card seen", "under 18", "income support"]),
            "datestamp": scribe.past(),
        }


_MADE = {
    "new_patients": _patients,
    "clinicians": _clinicians,
    "aslot": _slots,
    "daybook": _daybook,
    "newestimates": _estimates,
    "formatted_notes": _notes,
    "ptmemos": _memos,
    "docsimported": _imported,
    "medhist": _history,
    "exemptions": _exemptions,
}
