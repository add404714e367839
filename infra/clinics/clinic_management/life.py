"""What happens at a clinic with the clinic management software.

Life leaves alone what the final tables could not tell: the e-mail of a patient who shares it, and whether somebody who
is in Twenty has become stale since. Nor does it delete who was merged: no table tells whether their rows were heard of
before they went.
"""

from __future__ import annotations

from datetime import timedelta

from psycopg import sql

from infra.clinics.clinic import Row
from infra.clinics.clinic_management import rows
from infra.clinics.clinic_management.generator import CHILDREN, ID_SPACE, KEYS, ClinicManagement
from infra.clinics.life import NEW_IDS, Connection, Cursor, Life

_ACTIVE = sql.SQL("rec_status = 'A' and (last_visit_on is null or last_visit_on > current_date - interval '23 months')")
_MERGED = sql.SQL("rec_status = 'M'")
_UNMERGED = sql.SQL("rec_status = 'A'")
_STALE = sql.SQL("rec_status = 'A' and last_visit_on < current_date - interval '25 months'")
_ORPHANED = sql.SQL("not exists (select from pt_master where pt_master.pt_no = {}.pt_no)")
_NAMING = (("pt_master", "merged_to"), ("pt_master", "guarantor_no"), *((table, "pt_no") for table in CHILDREN))
_UNNAMED = sql.SQL(" and ").join(
    sql.SQL("not exists (select from {} as naming where naming.{} = pt_master.pt_no)").format(
        sql.Identifier(table), sql.Identifier(column)
    )
    for table, column in _NAMING
)
_ALONE = sql.SQL(
    """rec_status = 'A' and not exists (
           select from pt_master as other
            where other.pt_no <> pt_master.pt_no
              and lower(trim(other.email_addr)) = lower(trim(pt_master.email_addr)))"""
)


class ClinicManagementLife(Life[ClinicManagement]):
    """Rows come, change and go; the stale come back, and duplicates are merged."""

    patients, children, alone, deletable = "pt_master", CHILDREN, _ALONE, _UNMERGED

    def afterwards(self) -> int:
        """What is left of charts that were merged is thrown away, but for those that something names; some were two
        people after all, and some more are one."""
        query = sql.SQL("delete from pt_master where {} and {}").format(_MERGED, _UNNAMED)
        with self._connect() as connection:
            made = connection.execute(query).rowcount
            with connection.cursor() as cursor:
                return made + self._separate(cursor) + sum(self._merge(cursor) for _ in range(3))

    def _new_patient(self, cursor: Cursor) -> int:
        number = self._new_number()
        made = self._insert(cursor, "pt_master", self._person(number))
        return made + self._insert_child(cursor, self._random.choice(CHILDREN), number)

    def _children_first(self, cursor: Cursor) -> int:
        number = self._new_number()
        self._awaited.append(number)
        return sum(self._insert_child(cursor, table, number) for table in ("appt", "lab_res", "tx_plan"))

    def _return(self, cursor: Cursor) -> int:
        """Somebody who has not been here for years: with one visit the whole history belongs to Twenty."""
        return self._change(cursor, "pt_master", {"last_visit_on": self._clinic.today}, _STALE)

    def _merge(self, cursor: Cursor) -> int:
        """One record is found to be another one's duplicate, and gives it what it had, but for what is forgotten."""
        two = self._two_patients(cursor, _ACTIVE)
        if two is None:
            return 0
        keeper, double = two
        made = self._save(cursor, "pt_master", double["pt_no"], {"rec_status": "M", "merged_to": keeper["pt_no"]})
        given = [table for table in CHILDREN if self._random.random() >= 0.3]
        return made + sum(self._give(cursor, table, double, keeper) for table in given)

    def _separate(self, cursor: Cursor) -> int:
        """They were two people after all."""
        return self._change(cursor, "pt_master", {"rec_status": "A", "merged_to": None}, _MERGED)

    def _move_house(self, cursor: Cursor) -> int:
        new = self._person(1)
        return self._change(
            cursor, "pt_master", {name: new[name] for name in ("addr_1", "addr_city", "addr_st", "addr_zip")}
        )

    def _correct_patient(self, cursor: Cursor) -> int:
        new = self._person(self._random.randrange(160_000, 200_000))
        names = self._random.choice(
            (("dob_txt",), ("tel_home", "nm_last"), ("consent_yn", "ins_id"), ("owner_email",), ("mrn",))
        )
        return self._change(cursor, "pt_master", {name: new[name] for name in names})

    def _change_guarantor(self, cursor: Cursor) -> int:
        other = self._pick(cursor, "pt_master")
        return self._change(cursor, "pt_master", {"guarantor_no": other["pt_no"] if other else None})

    def _change_email(self, cursor: Cursor) -> int:
        address = f"moved.{self._random.randrange(10**9)}@example.net"
        return self._change(
            cursor, "pt_master", {"email_addr": self._random.choice((address, address.upper(), None))}, _ALONE
        )

    def _change_provider(self, cursor: Cursor) -> int:
        new = rows.provider(self._random, self._random.randrange(1000))
        return self._change(cursor, "prov", {name: new[name] for name in ("specs", "prov_kind", "nm_last")})

    def _new_child(self, cursor: Cursor) -> int:
        patient = self._pick(cursor, "pt_master", _ACTIVE)
        return self._insert_child(cursor, self._random.choice(CHILDREN), patient["pt_no"]) if patient else 0

    def _change_child(self, cursor: Cursor) -> int:
        """All values of a child anew, but for whose it is and what is scanned. A call can turn out to be a meeting."""
        table = self._random.choice(CHILDREN)
        row = self._pick(cursor, table)
        if row is None:
            return 0
        new = self._clinic.child(self._random, table, row[KEYS[table]], row["pt_no"])
        kept = {KEYS[table], "pt_no", "scan"}
        return self._save(cursor, table, row[KEYS[table]], {name: new[name] for name in new if name not in kept})

    def _move_child(self, cursor: Cursor) -> int:
        patient = self._pick(cursor, "pt_master", _ACTIVE)
        table = self._random.choice(("appt", "lab_res", "activ"))
        return self._change(cursor, table, {"pt_no": patient["pt_no"]}) if patient else 0

    def _correct_orphan(self, cursor: Cursor) -> int:
        table, patient = self._random.choice(CHILDREN), self._pick(cursor, "pt_master", _ACTIVE)
        orphaned = _ORPHANED.format(sql.Identifier(table))
        return self._change(cursor, table, {"pt_no": patient["pt_no"]}, orphaned) if patient else 0

    # Rows

    def _person(self, number: int) -> Row:
        row = rows.patient(self._random, number, self._clinic.today)
        seen = self._clinic.today - timedelta(days=self._random.randrange(30))
        return {**row, "last_visit_on": seen, "owner_email": rows.staff_email(self._random, self._clinic.staff)}

    def _insert_child(self, cursor: Cursor, table: str, patient: int) -> int:
        return self._insert(cursor, table, self._clinic.child(self._random, table, self._new_id(table), patient))

    def _random_key(self, table: str) -> int:
        match table:
            case "pt_master":
                return self._random.randint(1, self._last_patient)
            case "prov":
                return self._random.randint(1, self._clinic.providers)
        old = self._random.randrange((self._clinic.patients + 1) * ID_SPACE)
        return self._random.choice((old, self._random.randint(NEW_IDS, self._last_child[table])))

    def _last_number(self, connection: Connection) -> int:
        return int(self._last(connection, "pt_master"))

    shares = (
        (_new_child, 22),
        (_change_child, 22),
        (Life._delete_child, 6),
        (_new_patient, 8),
        (_children_first, 3),
        (Life._awaited_patient, 3),
        (_return, 4),
        (_merge, 2),
        (_separate, 0.7),
        (_move_house, 5),
        (_correct_patient, 9),
        (_change_guarantor, 3),
        (_change_email, 4),
        (_change_provider, 2),
        (_move_child, 5),
        (_correct_orphan, 4),
        (Life._delete_patient, 3),
        (Life._restore_patient, 3),
    )
