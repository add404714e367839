"""The words of the practice suite."""

from __future__ import annotations

import base64
import hashlib
from typing import NamedTuple

from infra.clinics import words

CODE_PAGE = "cp1252"
"""What the exports are written in; the suite's forms take nothing that is not in it."""


def _has(text: str) -> bool:
    return text.encode(CODE_PAGE, "replace").decode(CODE_PAGE) == text


FIRST_NAMES = tuple(filter(_has, words.FIRST_NAMES))
LAST_NAMES = tuple(filter(_has, words.LAST_NAMES))

JOB_TITLES = (
    "Teacher",
    "Chef de cuisine",
    "Électricien – indépendant",
    "Nurse",
    "Retired",
    "IT; support",
    'The "boss"',
)
ORGANIZATIONS = (
    "Advance Care",
    "Harborview Practice",
    "St. Brigid's Clinic",
    "Café Rouge Physio",
    "Müller & Söhne MVZ",
)
POLICY_TYPES = ("HMO", "PPO", "EPO", "Workers' comp")
UNUSED_POLICY_TYPE = "Indemnity"
COVERAGE = ("20 % after deductible", "€ 50 a visit; copay “waived”", "see\nattached plan", "")
SPECIALTIES = ("Cardiology", "Physiotherapy", "Pédiatrie", "Family medicine", "")
CREDENTIALS = ("MD", "DO", "PA-C", "NP, MSN", "")
CASE_TYPES = ("Injury", "Chronic care", "Pre-employment", "Workers' comp")
CASE_STATES = ("open", "estimate", "in treatment", "invoiced", "closed")
APPOINTMENT_TYPES = ("Initial visit", "Follow-up", "Telehealth", "Procedure")
APPOINTMENT_STATES = ("booked", "completed", "canceled", "no show")
CLAIM_STATES = ("10-SUBMITTED", "20-IN REVIEW", "30-PAID", "40-DENIED", "41-APPEALED")
ACTIVITY_KINDS = ("call", "e-mail", "meeting")
DIRECTIONS = ("in", "out")
SUBJECTS = ("Reminder", "Patient’s bill", "“Call me”", "Rescheduling", "Łódź transfer 日本")
FILES = ("signed form {}.pdf", "Consent – {}.pdf", "carte d’assuré {}.jpg", "it's {};1.txt")

REFERRALS = ("Google", "A friend", "Hôpital Général", "Dr. Weiß; by phone")
CONTACTS = ("Phone", "E-mail", "Letter")
UNUSED_CONTACT = "Fax"


class Picture(NamedTuple):
    """An image as the note editor puts it into the text itself."""

    uri: str
    content: bytes

    @property
    def name(self) -> str:
        """What its file is called in Twenty: nothing but the image tells images apart."""
        return f"image-{hashlib.blake2b(self.uri.encode(), digest_size=8).hexdigest()}.png"

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def _picture(encoded: str) -> Picture:
    return Picture(f"data:image/png;base64,{encoded}", base64.b64decode(encoded))


WOUND = _picture("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==")
CHART = _picture("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
PICTURES = (WOUND, CHART)
HTML = {
    "<p>Wound <b>closes</b>.</p>": "Wound **closes**.",
    "<h2>Findings</h2>": "## Findings",
    "<ol><li>ice</li><li>rest &amp; tea</li></ol>": "1. ice\n2. rest & tea",
    f'<p>Today: <img src="{WOUND.uri}"></p>': f"Today: [{WOUND.name}]",
    f'<p><img alt="private" src="{CHART.uri}"> shows it</p>': f"[{CHART.name}] shows it",
    "<p>Größe 1,82 m &lt; 2 m</p>": "Größe 1,82 m < 2 m",
}
"""What is written in the note editor -> the Markdown that says the same."""
