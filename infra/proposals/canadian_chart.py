"""The chart of infra/proposals/canadian.py: drugs, allergies, consultations, documents, relatives, values by name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from infra.proposals.scribe import Row, Scribe

_DRUGS = (
    ("APO-RAMIPRIL 5MG", "RAMIPRIL", "C09AA05"),
    ("TEVA-METFORMIN 500MG", "METFORMIN HYDROCHLORIDE", "A10BA02"),
    ("SYNTHROID 100MCG", "LEVOTHYROXINE SODIUM", "H03AA01"),
    ("PMS-SERTRALINE 50MG", "SERTRALINE", "N06AB06"),
)
_SERVICES = ("Cardiology", "Dermatology", "Orthopaedics", "Physiotherapy", "Psychiatry", "Urology", "ENT")
_ALLERGIES = ("PENICILLINS", "SULFONAMIDES", "ASA", "LATEX", "PEANUTS", "CODEINE", "IODINE")


def doctor(scribe: Scribe) -> str:
    return str(100 + scribe.randint(1, 8))


def _drugs(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 3):
        written, (brand, generic, atc) = scribe.past(), scribe.choice(_DRUGS)
        own, gone = scribe.random() < 0.05, scribe.random() < 0.15
        yield {
            "drugid": number,
            "provider_no": doctor(scribe),
            "demographic_no": scribe.of(patients),
            "rx_date": written.date(),
            "end_date": (written + timedelta(days=scribe.choice([30, 90, 180]))).date(),
            "written_date": written.date(),
            "pickup_datetime": None,
            "BN": None if own else brand,
            "GCN_SEQNO": scribe.choice([0, 0, 4488, 9125, 20131]),
            "customName": "compounded cream" if own else None,
            "takemin": scribe.choice([1.0, 1.0, 0.5]),
            "takemax": scribe.choice([1.0, 1.0, 2.0]),
            "freqcode": scribe.choice(["OD", "BID", "TID", "QHS"]),
            "duration": scribe.choice(["30", "90", "180"]),
            "durunit": scribe.choice("DDDM"),
            "quantity": scribe.choice(["30", "90", "180", "60"]),
            "repeat": scribe.choice([0, 0, 1, 2, 3]),
            "last_refill_date": scribe.some(0.1, written.date(), None),
            "nosubs": scribe.some(0.05, 1, 0),
            "prn": scribe.some(0.15, 1, 0),
            "special": f"{brand}\nTake 1 tab PO daily\nQty:30 Repeats:0",
            "archived": int(gone),
            "GN": generic,
            "ATC": atc,
            "script_no": 7000 + number // 2,
            "regional_identifier": f"0{scribe.digits(7)}",
            "unit": scribe.choice(["tab", "tab", "mg", "ml"]),
            "method": "Take",
            "route": scribe.choice(["PO", "PO", "TOP"]),
            "drug_form": scribe.choice(["TABLET", "CAPSULE", "CREAM"]),
            "create_date": written,
            "dosage": scribe.choice(["5.0 MG", "500.0 MG", "100.0 MCG", "50.0 MG"]),
            "long_term": scribe.choice([0, 1]),
            "past_med": scribe.some(0.1, 1, 0),
            "outside_provider_name": scribe.some(0.05, "Walk-in clinic", None),
            "archived_reason": scribe.choice(["deleted", "represcribed", "adverseReaction"]) if gone else "",
            "archived_date": written + timedelta(days=200) if gone else None,
            "eTreatmentType": None,
            "lastUpdateDate": written + timedelta(days=scribe.randrange(90)),
        }


def _allergies(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients):
        entered = scribe.past(3000)
        yield {
            "allergyid": number,
            "demographic_no": scribe.of(patients),
            "entry_date": entered.date(),
            "DESCRIPTION": scribe.choice(_ALLERGIES),
            "HICL_SEQNO": None,
            "HIC_SEQNO": None,
            "AGCSP": None,
            "AGCCS": None,
            "TYPECODE": scribe.choice([0, 8, 10, 11, 13]),
            "reaction": scribe.choice(["rash", "hives", "anaphylaxis", "GI upset", ""]),
            "drugref_id": scribe.digits(5),
            "archived": scribe.some(0.08, "1", "0"),
            "start_date": scribe.some(0.3, entered.date(), None),
            "age_of_onset": scribe.some(0.2, str(scribe.randint(2, 60))),
            "severity_of_reaction": scribe.choice("1234"),
            "onset_of_reaction": scribe.choice("1234"),
            "regional_identifier": scribe.some(0.1, f"0{scribe.digits(7)}", None),
            "life_stage": scribe.choice(["A", "C", "I", "", ""]),
            "position": 0,
            "lastUpdateDate": entered + timedelta(days=scribe.randrange(60)),
            "providerNo": doctor(scribe),
        }


def _services(scribe: Scribe, _: int) -> Iterator[Row]:
    for number, name in enumerate(_SERVICES, 1):
        yield {"serviceId": number, "serviceDesc": name, "active": scribe.choice(["1", "1", "02"])}


def _requests(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 2):
        asked = scribe.past()
        booked = scribe.random() < 0.5
        yield {
            "referalDate": asked.date(),
            "serviceId": scribe.of(len(_SERVICES)),
            "specId": scribe.of(60, 0, share=0.1),
            "appointmentDate": (asked + timedelta(days=60)).date() if booked else None,
            "appointmentTime": f"{scribe.randrange(8, 17):02}:{scribe.choice(['00', '30'])}:00" if booked else None,
            "reason": scribe.choice(["Chest pain on exertion", "Changing naevus L forearm", "OA R hip", scribe.text()]),
            "clinicalInfo": scribe.text(4),
            "currentMeds": scribe.some(0.6, scribe.choice(_DRUGS)[0]),
            "allergies": scribe.some(0.4, scribe.choice(_ALLERGIES)),
            "providerNo": doctor(scribe),
            "demographicNo": scribe.of(patients),
            "status": scribe.choice("1234"),
            "statusText": scribe.some(0.3, "left message with office"),
            "sendTo": scribe.choice(["-1", "-1", "Referrals"]),
            "requestId": number,
            "concurrentProblems": "",
            "urgency": scribe.choice("1223"),
            "appointmentInstructions": scribe.some(0.1, "Bring imaging on CD"),
            "patientWillBook": scribe.some(0.2, 1, 0),
            "followUpDate": scribe.some(0.3, (asked + timedelta(days=30)).date(), None),
            "site_name": None,
            "signature_img": None,
            "lastUpdateDate": asked + timedelta(days=scribe.randrange(50)),
            "fdid": None,
            "source": None,
        }


def _document(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 2):
        came = scribe.past()
        seen = scribe.random() < 0.6
        yield {
            "document_no": number,
            "doctype": scribe.choice(["consult", "lab", "radiology", "insurance", "others"]),
            "docClass": scribe.some(0.3, scribe.choice(["Diagnostic Imaging Report", "Consultant Report"])),
            "docSubClass": "",
            "docdesc": scribe.choice(["CXR", "Consult cardiology", "ECG", "Form - disability", f"scan {number}"]),
            "docxml": None,
            "docfilename": f"{came:%Y%m%d%H%M%S}{number}.{scribe.choice(['pdf', 'pdf', 'jpg'])}",
            "doccreator": doctor(scribe),
            "responsible": scribe.some(0.8, doctor(scribe)),
            "source": scribe.some(0.2, "Hamilton General"),
            "sourceFacility": None,
            "program_id": scribe.choice([-1, 10034]),
            "updatedatetime": came,
            "status": scribe.some(0.05, "D", "A"),
            "contenttype": scribe.choice(["application/pdf", "application/pdf", "image/jpeg"]),
            "contentdatetime": came,
            "public1": scribe.some(0.03, 1, 0),
            "observationdate": came.date(),
            "reviewer": doctor(scribe) if seen else "",
            "reviewdatetime": came + timedelta(hours=30) if seen else None,
            "number_of_pages": scribe.randint(1, 14),
            "appointment_no": scribe.of(patients * 4 - 1, -1, share=0.7),
            "restrictToProgram": 0,
            "fileSignature": None,
        }


def _placed(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 2):
        yield {
            "module": "demographic",
            "module_id": scribe.of(patients, -1, share=0.05),
            "document_no": number,
            "status": "A",
        }


def _extras(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients * 3):
        name = scribe.choice(["demo_cell", "wPhoneExt", "rxInteractionWarningLevel", "cytolNum", "aboriginal"])
        value = f"905-{scribe.randint(200, 999)}-{scribe.digits(4)}" if name == "demo_cell" else scribe.digits(2)
        yield {
            "id": number,
            "demographic_no": scribe.of(patients),
            "provider_no": doctor(scribe),
            "key_val": name,
            "value": value,
            "date_time": scribe.past(),
            "hidden": "0",
        }


def _relationships(scribe: Scribe, patients: int) -> Iterator[Row]:
    for number in range(1, patients // 2):
        yield {
            "id": number,
            "facility_id": 1,
            "demographic_no": scribe.of(patients),
            "relation_demographic_no": scribe.of(patients),
            "relation": scribe.choice(["Wife", "Husband", "Mother", "Father", "Daughter", "Son", "Other"]),
            "creation_date": scribe.past(),
            "creator": doctor(scribe),
            "sub_decision_maker": scribe.some(0.2, "1", "0"),
            "emergency_contact": scribe.some(0.4, "1", "0"),
            "notes": scribe.some(0.1, "has power of attorney"),
            "deleted": scribe.some(0.05, "1", "0"),
        }


MADE = {
    "drugs": _drugs,
    "allergies": _allergies,
    "consultationServices": _services,
    "consultationRequests": _requests,
    "document": _document,
    "ctl_document": _placed,
    "demographicExt": _extras,
    "relationships": _relationships,
}
