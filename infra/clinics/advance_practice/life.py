"""What happens at a practice with the practice suite.

Life leaves alone what the final tables could not tell: the e-mail of a patient who shares it.
"""

from __future__ import annotations

from psycopg import sql

from infra.clinics.advance_practice import rows, words
from infra.clinics.advance_practice.generator import CHILDREN, FIRST_ID, KEYS, PROPERTIES, AdvancePractice, stored
from infra.clinics.clinic import Row
from infra.clinics.life import ANY, Connection, Cursor, Life

_ORPHANED = sql.SQL("not exists (select from patients where patients.patient_no = {}.patient_no)")
_UNDOABLE = sql.SQL("old_no < {}").format(sql.Literal(rows.RETIRED))
_ALONE = sql.SQL(
    """not exists (select from patients as other
                    where other.patient_no <> patients.patient_no
                      and lower(trim(other.email)) = lower(trim(patients.email)))"""
)


class AdvancePracticeLife(Life[AdvancePractice]):
    """Rows come, change and go in every table but those of the payers and the workflows."""

    patients, children, alone = "patients", CHILDREN, _ALONE

    def __init__(self, clinic: AdvancePractice, url: str) -> None:
        super().__init__(clinic, url)
        with self._connect() as connection:
            self._last_child["chart_merges"] = self._last(connection, "chart_merges")

    def _new_patient(self, cursor: Cursor) -> int:
        number = self._new_number()
        made = self._insert(cursor, "patients", self._person(number))
        for place in self._random.sample(range(len(PROPERTIES)), 2):
            made += self._insert(cursor, "properties", self._clinic.custom_property(self._random, number, place))
        return made + self._insert_child(cursor, self._random.choice(CHILDREN), number)

    def _children_first(self, cursor: Cursor) -> int:
        number = self._new_number()
        self._awaited.append(number)
        made = self._insert(cursor, "properties", self._clinic.custom_property(self._random, number, 0))
        return made + sum(self._insert_child(cursor, table, number) for table in ("appointments", "cases"))

    def _merge(self, cursor: Cursor) -> int:
        """Two charts become one in the same breath: a patient goes with the old number, and all is the other's."""
        two = self._two_patients(cursor)
        if two is None:
            return 0
        keeper, double = two
        old, new = double["patient_no"], keeper["patient_no"]
        made = self._delete(cursor, "patients", old)
        known = rows.chart_merge(self._random, self._new_id("chart_merges"), old, new)
        made += self._insert(cursor, "chart_merges", known)
        told_twice = """
            delete from properties
             where patient_no = %s and label in (select label from properties where patient_no = %s)"""
        made += cursor.execute(told_twice, (old, new)).rowcount
        return made + sum(self._give(cursor, table, double, keeper) for table in ("properties", *CHILDREN))

    def _undo_merge(self, cursor: Cursor) -> int:
        """They were two people after all: one is registered again, under the old number. What was given is not."""
        row = self._pick(cursor, "chart_merges", _UNDOABLE)
        if row is None:
            return 0
        made = self._delete(cursor, "chart_merges", row["merge_id"])
        return made + self._insert(cursor, "patients", self._person(row["old_no"]))

    def _move_house(self, cursor: Cursor) -> int:
        new = self._person(1)
        return self._change(cursor, "patients", {name: new[name] for name in ("street", "city", "state", "zip")})

    def _correct_patient(self, cursor: Cursor) -> int:
        new = self._person(self._random.randrange(160_000, 200_000))
        names = self._random.choice(
            (("job_title",), ("phone", "last_nm"), ("owner_email",), ("org_id",), ("payer_id", "payer_name"))
        )
        return self._change(cursor, "patients", {name: new[name] for name in names})

    def _change_email(self, cursor: Cursor) -> int:
        address = f"moved.{self._random.randrange(10**9)}@example.net"
        return self._change(
            cursor, "patients", {"email": self._random.choice((address, address.upper(), None))}, _ALONE
        )

    def _change_property(self, cursor: Cursor) -> int:
        row = self._pick(cursor, "properties")
        if row is None:
            return 0
        if self._random.random() < 0.2:
            return self._delete(cursor, "properties", row["prop_no"])
        return self._save(cursor, "properties", row["prop_no"], {"content": rows.content(self._random, row["label"])})

    def _change_provider(self, cursor: Cursor) -> int:
        new = rows.provider(self._random, 1, 1)
        return self._change(cursor, "providers", {name: new[name] for name in ("specialty", "credentials")})

    def _reorganize(self, cursor: Cursor) -> int:
        """A practice gets another name and another parent, maybe in a circle."""
        new = rows.organization(self._random, self._random.randrange(1000, 2000), self._clinic.organizations)
        return self._change(cursor, "orgs", {name: new[name] for name in ("org_name", "parent_id")})

    def _progress(self, cursor: Cursor) -> int:
        """A visit is over, a case is billed, a claim is decided."""
        table, states = self._random.choice(
            (
                ("appointments", words.APPOINTMENT_STATES),
                ("cases", words.CASE_STATES),
                ("claims", words.CLAIM_STATES),
            )
        )
        return self._change(cursor, table, {"status": self._random.choice(states)})

    def _new_child(self, cursor: Cursor) -> int:
        patient = self._pick(cursor, "patients")
        return self._insert_child(cursor, self._random.choice(CHILDREN), patient["patient_no"]) if patient else 0

    def _change_child(self, cursor: Cursor) -> int:
        """All values of a child anew, but for whose it is and its file. A call can turn out to be a meeting."""
        table = self._random.choice(CHILDREN)
        row = self._pick(cursor, table)
        if row is None:
            return 0
        new = self._clinic.child(self._random, table, row[KEYS[table]], row["patient_no"])
        kept = {KEYS[table], "patient_no", "org_id", "path", "bytes", "sha256"}
        return self._save(cursor, table, row[KEYS[table]], {name: new[name] for name in new if name not in kept})

    def _move_child(self, cursor: Cursor) -> int:
        return self._hand(cursor, self._random.choice(("appointments", "claims", "activities", "notes")), ANY)

    def _correct_orphan(self, cursor: Cursor) -> int:
        table = self._random.choice(CHILDREN)
        return self._hand(cursor, table, _ORPHANED.format(sql.Identifier(table)))

    def _hand(self, cursor: Cursor, table: str, where: sql.Composable) -> int:
        patient = self._pick(cursor, "patients")
        return self._change(cursor, table, {"patient_no": patient["patient_no"]}, where) if patient else 0

    # Rows

    def _person(self, number: int) -> Row:
        return rows.patient(self._random, number) | self._clinic.known(self._random)

    def _insert_child(self, cursor: Cursor, table: str, patient: int) -> int:
        row = self._clinic.child(self._random, table, self._new_id(table), patient)
        if table == "documents":
            data = self._random.randbytes(self._random.randint(200, 4000))
            self._clinic.write(row["path"], data)
            row |= stored(data)
        return self._insert(cursor, table, row)

    def _random_key(self, table: str) -> int:
        match table:
            case "patients":
                return self._random.randint(1, self._last_patient)
            case "properties":
                return self._random.randint(0, self._last_patient * 10)
            case "chart_merges":
                return self._random.randint(FIRST_ID, self._last_child[table])
            case "orgs":
                return self._random.randint(1, self._clinic.organizations)
            case "providers":
                return FIRST_ID + self._random.randint(1, self._clinic.providers)
        return self._random.randint(FIRST_ID, self._last_child[table])

    def _last_number(self, connection: Connection) -> int:
        return int(self._last(connection, "patients"))

    shares = (
        (_new_child, 20),
        (_change_child, 18),
        (_progress, 12),
        (Life._delete_child, 5),
        (_new_patient, 8),
        (_children_first, 3),
        (Life._awaited_patient, 3),
        (_move_house, 4),
        (_correct_patient, 10),
        (_change_email, 4),
        (_change_property, 6),
        (_change_provider, 2),
        (_reorganize, 3),
        (_move_child, 4),
        (_correct_orphan, 4),
        (Life._delete_patient, 3),
        (_merge, 3),
        (_undo_merge, 1),
        (Life._restore_patient, 3),
    )
