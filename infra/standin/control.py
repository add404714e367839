"""How tests steer the stand-in: what no Twenty has, under `/standin/…`, with the API key.

| call | body | does |
|---|---|---|
| `POST reset` | `{era, traits}` | an empty workspace, perhaps of another era (`eras.py`); forgets all else |
| `POST limit` | `{limit, window_ms, short_limit, short_window_ms}` | new, full buckets; 0 or nothing lifts one |
| `POST answers` | `{kind: way, …}` | says these refusals as another release does; kinds and ways in `answers.py` |
| `POST stale` | `{seconds}` | one of two server processes learns of new objects and fields that much later |
| `POST faults` | `{kind, count, delay_s}` | orders a fault for the next `count` calls; kinds in `faults.py` |
| `POST members` | `{userEmail, name: {firstName, lastName}}` | invites a member, which no API key may |
| `POST person` | `{act, object, ids, fields, member}` | a person creates, edits, trashes, restores, destroys |
| | `{…, before: "upsert people"}` | the same, right before the next operation of that name (see `stats`) |
| `POST workflows` | `{name, event}` | a person publishes a workflow that `person.created` would start |
| | `{id, active}` | switches it off or on |
| `GET dump` | – | all rows by nameSingular, trashed ones too |
| `GET image` | – | the whole workspace: objects, rows, webhooks and files |
| `POST image` | what `GET image` answered | makes the workspace that again |
| `GET stats` | – | operations asked for and refused, webhook calls sent, failed and under way |
"""

from __future__ import annotations

from typing import Any

from infra.standin.answers import Answers
from infra.standin.eras import era_of
from infra.standin.errors import ApiError, bad_request
from infra.standin.files import Files
from infra.standin.gate import Gate
from infra.standin.people import People
from infra.standin.processes import Processes
from infra.standin.webhooks import Courier
from infra.standin.workspace import Workspace


class Control:
    """One call is method, verb and body in; status and body out. Raises ApiError for what it does not know."""

    def __init__(
        self,
        workspace: Workspace,
        gate: Gate,
        answers: Answers,
        files: Files,
        courier: Courier,
        processes: Processes,
    ) -> None:
        self._workspace = workspace
        self._gate = gate
        self._answers = answers
        self._processes = processes
        self._files = files
        self._courier = courier
        self._people = People(workspace)

    def handle(self, method: str, verb: str, body: dict[str, Any]) -> tuple[int, Any]:
        call = getattr(self, f"_{method.lower()}_{verb}", None)
        if call is None:
            raise ApiError(404, "Not Found", f"Cannot {method} /standin/{verb}", single=True)
        try:
            return 200, call(body)
        except KeyError as error:
            raise bad_request(f"/standin/{verb} needs {error}") from None
        except ValueError as error:
            raise bad_request(str(error)) from None

    def _get_stats(self, body: dict[str, Any]) -> Any:
        courier = self._courier
        webhooks = {"sent": courier.sent, "failed": courier.failed, "pending": courier.pending}
        return {**self._gate.stats(), "webhooks": webhooks}

    def _get_dump(self, body: dict[str, Any]) -> Any:
        return {table.of.name_singular: list(table.rows.values()) for table in self._workspace.tables.values()}

    def _get_image(self, body: dict[str, Any]) -> Any:
        era = self._workspace.era.name
        return {"era": era, "workspace": self._workspace.image(), "files": self._files.image()}

    def _post_image(self, body: dict[str, Any]) -> Any:
        if body["era"] != self._workspace.era.name:
            raise bad_request(f"the image is of era {body['era']}, the workspace of era {self._workspace.era.name}")
        self._files.load(body["files"])
        self._workspace.load(body["workspace"])
        return {}

    def _post_reset(self, body: dict[str, Any]) -> Any:
        era = era_of(body["era"], body.get("traits")) if "era" in body else self._workspace.era
        self._workspace.reset(era)
        self._files.clear()
        self._gate.reset(usage_limits=era.usage_limits)
        self._answers.adopt(era)
        self._processes.lag_s = 0.0
        self._courier.reset()
        return {"era": era.name}

    def _post_limit(self, body: dict[str, Any]) -> Any:
        short = (int(body.get("short_limit", 0)), int(body.get("short_window_ms", 1000)))
        self._gate.set_limit(short, (int(body["limit"]), int(body["window_ms"])))
        return {}

    def _post_answers(self, body: dict[str, Any]) -> Any:
        for kind, way in body.items():
            self._answers.switch(kind, str(way))
        return {}

    def _post_stale(self, body: dict[str, Any]) -> Any:
        self._processes.lag_s = float(body["seconds"])
        return {}

    def _post_faults(self, body: dict[str, Any]) -> Any:
        self._gate.faults.order(str(body.get("kind")), int(body.get("count", 1)), body.get("delay_s"))
        return self._gate.faults.left()

    def _post_members(self, body: dict[str, Any]) -> Any:
        member = {"userId": self._workspace.new_id(), **body}
        table = self._workspace.tables["workspaceMember"]
        return self._workspace.create(table, [member], upsert=False, by=self._people.actor())[0]

    def _post_person(self, body: dict[str, Any]) -> Any:
        if "before" in body:
            self._gate.before(body["before"], lambda: self._people.act(body))
            return []
        return self._people.act(body)

    def _post_workflows(self, body: dict[str, Any]) -> Any:
        if "id" in body:
            return self._people.switch(body["id"], active=bool(body["active"]))
        return self._people.publish(body["name"], body["event"])
