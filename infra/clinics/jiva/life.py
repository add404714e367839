"""What happens at a customer of Jiva.

Life leaves alone what the final tables could not tell: the e-mail of a member who shares it. Nor does it lose who was
replaced: no table tells whether their rows were heard of before they went.
"""

from __future__ import annotations

from psycopg import sql

from infra.clinics.clinic import Row
from infra.clinics.jiva import rows
from infra.clinics.jiva.generator import CHILDREN, ID_SPACE, Jiva
from infra.clinics.jiva.rows import identifier
from infra.clinics.life import NEW_IDS, Connection, Cursor, Life

_OF_MEMBERS = ("care_plans", "authorizations", "assessments", "encounters", "action_items", "activities")
_ORPHANED = sql.SQL("not exists (select from members where members.id = {}.member_id)")
_IN_USE = sql.SQL("replaced_by is null")
_REPLACED = sql.SQL("replaced_by is not null")
_ALONE = sql.SQL(
    """replaced_by is null and not exists (
           select from members as other
            where other.id <> members.id
              and lower(trim(other.email)) = lower(trim(members.email)))"""
)


class JivaLife(Life[Jiva]):
    """Members are enrolled, corrected, merged and lost; their care is planned, given and written up."""

    patients, children, alone = "members", CHILDREN, _ALONE

    def _merge(self, cursor: Cursor) -> int:
        """One member turns out to be another. Nothing but the member's own record ever says so."""
        two = self._two_patients(cursor, _IN_USE)
        return self._save(cursor, "members", two[1]["id"], {"replaced_by": two[0]["id"]}) if two else 0

    def _separate(self, cursor: Cursor) -> int:
        """They were two members after all."""
        return self._change(cursor, "members", {"replaced_by": None}, _REPLACED)

    def _new_member(self, cursor: Cursor) -> int:
        number = self._new_number()
        made = self._insert(cursor, "members", self._person(number))
        return made + self._insert_child(cursor, self._random.choice(CHILDREN), number)

    def _children_first(self, cursor: Cursor) -> int:
        number = self._new_number()
        self._awaited.append(number)
        return sum(self._insert_child(cursor, table, number) for table in ("care_plans", "encounters", "action_items"))

    def _move_house(self, cursor: Cursor) -> int:
        new = self._person(1)
        return self._change(cursor, "members", {name: new[name] for name in ("street", "city", "state", "zip")})

    def _correct_member(self, cursor: Cursor) -> int:
        new = self._person(self._random.randrange(160_000, 200_000))
        names = self._random.choice(
            (
                ("birth_date", "language"),
                ("phone", "last_name"),
                ("coverage_tier", "payer_id"),
                ("coordinator_id", "coordinator_name"),
                ("enrollment", "enrolled_at", "org_id"),
            )
        )
        return self._change(cursor, "members", {name: new[name] for name in names})

    def _change_email(self, cursor: Cursor) -> int:
        address = f"moved.{self._random.randrange(10**9)}@example.net"
        written = self._random.choice((address, address.upper(), None))
        return self._change(cursor, "members", {"email": written}, _ALONE)

    def _reorganize(self, cursor: Cursor) -> int:
        """Who belongs to whom, in circles at times."""
        number, most = self._random.randint(1, self._clinic.organizations), self._clinic.organizations
        new = rows.organization(self._random, number, most)
        return self._change(
            cursor, "organizations", {name: new[name] for name in ("parent_id", "network", "licensed_states")}
        )

    def _renegotiate(self, cursor: Cursor) -> int:
        return self._change(cursor, "payers", {"plans": rows.payer(self._random, 1)["plans"]})

    def _new_child(self, cursor: Cursor) -> int:
        member = self._pick(cursor, "members")
        if member is None:
            return 0
        return self._insert_child(cursor, self._random.choice(CHILDREN), rows.number_of(member["id"]))

    def _change_child(self, cursor: Cursor) -> int:
        """All values of a child anew, but for whose it is and its file. A call can turn out to be a meeting."""
        table = self._random.choice(CHILDREN)
        row = self._pick(cursor, table)
        if row is None:
            return 0
        new = self._clinic.child(self._random, table, row["id"], 1)
        kept = {"id", "member_id", "care_plan_id", "about_type", "about_id", "path", "size_bytes"}
        return self._save(cursor, table, row["id"], {name: new[name] for name in new if name not in kept})

    def _move_child(self, cursor: Cursor) -> int:
        member, table = self._pick(cursor, "members"), self._random.choice(_OF_MEMBERS)
        return self._change(cursor, table, {"member_id": member["id"]}) if member else 0

    def _correct_orphan(self, cursor: Cursor) -> int:
        member, table = self._pick(cursor, "members"), self._random.choice(_OF_MEMBERS)
        orphaned = _ORPHANED.format(sql.Identifier(table))
        return self._change(cursor, table, {"member_id": member["id"]}, orphaned) if member else 0

    def _delete_member(self, cursor: Cursor) -> int:
        """With what was planned and done, or leaving it behind."""
        row = self._pick(cursor, "members", _ALONE)
        if row is None:
            return 0
        self._deleted.append(row)
        made = self._delete(cursor, "members", row["id"])
        for table in _OF_MEMBERS if self._random.random() < 0.5 else ():
            query = sql.SQL("delete from {} where member_id = %s").format(sql.Identifier(table))
            made += cursor.execute(query, (row["id"],)).rowcount
        return made

    # Rows

    def _person(self, number: int) -> Row:
        return self._clinic.single(self._random, number)

    def _insert_child(self, cursor: Cursor, table: str, member: int) -> int:
        row: Row = self._clinic.child(self._random, table, identifier(table, self._new_id(table)), member)
        if table == "attachments":
            self._clinic.write_file(row)
        return self._insert(cursor, table, row)

    def _random_key(self, table: str) -> str:
        match table:
            case "members":
                most = self._last_patient
            case "organizations":
                most = self._clinic.organizations
            case "payers":
                most = self._clinic.payers
            case _:
                old = self._random.randrange((self._clinic.patients + 1) * ID_SPACE)
                most = self._random.choice((old, self._random.randint(NEW_IDS, self._last_child[table])))
                return identifier(table, most)
        return identifier(table, self._random.randint(1, most))

    def _last(self, connection: Connection, table: str) -> int:
        found = super()._last(connection, table)
        return rows.number_of(found) if found else 0

    def _last_number(self, connection: Connection) -> int:
        return self._last(connection, "members")

    shares = (
        (_new_child, 22),
        (_change_child, 22),
        (Life._delete_child, 6),
        (_new_member, 8),
        (_children_first, 3),
        (Life._awaited_patient, 3),
        (_move_house, 5),
        (_correct_member, 9),
        (_change_email, 4),
        (_reorganize, 3),
        (_renegotiate, 1),
        (_move_child, 5),
        (_correct_orphan, 4),
        (_delete_member, 3),
        (_merge, 3),
        (_separate, 1),
        (Life._restore_patient, 3),
    )
