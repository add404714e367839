"""What people do in Twenty's own pages: edit, trash and restore records, and publish workflows.

People use no API key, so nothing of this costs a token; it fires webhooks as everything else does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from infra.standin.errors import bad_request
from infra.standin.model import Row
from infra.standin.workspace import Workspace

ACTS = ("create", "edit", "trash", "restore", "destroy")


class People:
    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def act(self, wanted: dict[str, Any]) -> list[Row]:
        """`{act, object, ids, fields, member}`: `object` is a nameSingular, `member` the e-mail of who does it.

        Answers the rows as they are then, of a destroyed row what it was. Raises ApiError (400).
        """
        by = self.actor(wanted.get("member"))
        table = self._workspace.tables.get(str(wanted.get("object")))
        if table is None:
            raise bad_request(f"object must be one of {sorted(self._workspace.tables)}")
        ids = wanted.get("ids") or []
        rows = [table.rows[one] for one in ids if one in table.rows]
        if len(rows) < len(ids):
            raise bad_request(f"no {table.of.name_singular} {sorted(set(ids) - table.rows.keys())}")
        act = wanted.get("act")
        if act == "create":
            return self._workspace.create(table, [wanted.get("fields") or {}], upsert=False, by=by)
        if act == "edit":
            return self._workspace.update(table, rows, wanted.get("fields") or {}, by=by)
        if act == "trash":
            return self._workspace.trash(table, rows)
        if act == "restore":
            return self._workspace.restore(table, rows)
        if act == "destroy":
            return self._workspace.destroy(table, rows)
        raise bad_request(f"act must be one of {ACTS}")

    def actor(self, email: str | None = None) -> Row:
        """The member of that e-mail, or the first one, as Twenty names who wrote a record by hand."""
        members = self._workspace.tables["workspaceMember"].rows.values()
        member = next((one for one in members if email in (None, one["userEmail"])), None)
        if member is None:
            raise bad_request(f"no member {email}: POST /standin/members makes one")
        name = f"{member['name']['firstName']} {member['name']['lastName']}"
        return {"source": "MANUAL", "workspaceMemberId": member["id"], "name": name, "context": {}}

    def publish(self, name: str, event: str) -> Row:
        """Makes a workflow with one active version that starts at `event` (`person.created`)."""
        workflow = self._create("workflow", {"name": name})
        trigger = {"name": "Trigger", "type": "DATABASE_EVENT", "settings": {"eventName": event, "outputSchema": {}}}
        values = {"name": "v1", "trigger": trigger, "steps": [], "workflowId": workflow["id"]}
        version = self._create("workflowVersion", values)
        self._change("workflow", [workflow], {"lastPublishedVersionId": version["id"]})
        return self.switch(workflow["id"], active=True)

    def switch(self, workflow_id: str, *, active: bool) -> Row:
        """Activates or deactivates the published version; only an active one has an automated trigger."""
        tables = self._workspace.tables
        workflow = tables["workflow"].rows.get(workflow_id)
        if workflow is None:
            raise bad_request(f"no workflow {workflow_id}: POST /standin/workflows makes one")
        version = tables["workflowVersion"].rows[workflow["lastPublishedVersionId"]]
        state = "ACTIVE" if active else "DEACTIVATED"
        self._change("workflowVersion", [version], {"status": state})
        triggers = tables["workflowAutomatedTrigger"]
        self._workspace.destroy(triggers, [row for row in triggers.rows.values() if row["workflowId"] == workflow_id])
        if active:
            settings = {"eventName": version["trigger"]["settings"]["eventName"]}
            values = {"type": "DATABASE_EVENT", "settings": settings, "workflowId": workflow_id}
            self._create("workflowAutomatedTrigger", values)
        return self._change("workflow", [workflow], {"statuses": [state]})[0]

    def _create(self, name: str, values: Row) -> Row:
        return self._workspace.create(self._workspace.tables[name], [values], upsert=False, by=self.actor())[0]

    def _change(self, name: str, rows: Sequence[Row], values: Row) -> list[Row]:
        return self._workspace.update(self._workspace.tables[name], rows, values, by=self.actor())
