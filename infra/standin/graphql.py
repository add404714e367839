"""GraphQL on records (`/graphql`) and on metadata (`/metadata`), without a generated schema.

Root fields are recognised by name, as Twenty generates them from its objects. What a real server finds wrong while it
checks a query against its schema is refused as HTTP 400 before anything runs; what goes wrong in a root field leaves
that field null under HTTP 200.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import graphql as gql

from infra.standin.answers import Answers
from infra.standin.errors import ApiError, bad_request, not_found, schema_error
from infra.standin.files import Files
from infra.standin.filters import compile_filter, graphql_filter, graphql_order
from infra.standin.gate import Gate
from infra.standin.metadata import Metadata
from infra.standin.model import COMPOSITES, Field, ObjectType, Row
from infra.standin.records import Table
from infra.standin.workspace import Workspace

_VERBS = ("create", "update", "delete", "destroy", "restore")
_PAGE = 60
_MAX_PAGE = 200

Run = Callable[[], Any]
Answer = tuple[int, dict[str, Any]]
Project = Callable[[Any], Any]


class Document:
    """A parsed request: its operation, fragments and variables."""

    def __init__(self, payload: Any) -> None:
        if not isinstance(payload, dict) or not isinstance(payload.get("query"), str):
            raise schema_error("Must provide query string.")
        parsed = _parse(payload["query"])
        name = payload.get("operationName")
        operations = [one for one in parsed.definitions if isinstance(one, gql.OperationDefinitionNode)]
        chosen = [one for one in operations if name is None or (one.name and one.name.value == name)]
        if len(chosen) != 1:
            raise schema_error("Must provide operation name if query contains multiple operations.")
        self.operation = chosen[0]
        self._fragments = {
            one.name.value: one for one in parsed.definitions if isinstance(one, gql.FragmentDefinitionNode)
        }
        self._variables = dict(payload.get("variables") or {})
        for definition in self.operation.variable_definitions or ():
            if definition.default_value is not None:
                value = gql.value_from_ast_untyped(definition.default_value)
                self._variables.setdefault(definition.variable.name.value, value)

    @property
    def root_type(self) -> str:
        return self.operation.operation.value.capitalize()

    def fields(self, selection: gql.SelectionSetNode | None) -> Iterable[gql.FieldNode]:
        for node in selection.selections if selection else ():
            if isinstance(node, gql.FieldNode):
                yield node
            elif isinstance(node, gql.InlineFragmentNode):
                yield from self.fields(node.selection_set)
            elif isinstance(node, gql.FragmentSpreadNode):
                fragment = self._fragments.get(node.name.value)
                if fragment is None:
                    raise schema_error(f'Unknown fragment "{node.name.value}".')
                yield from self.fields(fragment.selection_set)

    def arguments(self, node: gql.FieldNode) -> dict[str, Any]:
        return {one.name.value: gql.value_from_ast_untyped(one.value, self._variables) for one in node.arguments or ()}


@functools.lru_cache(maxsize=512)
def _parse(query: str) -> gql.DocumentNode:
    try:
        return gql.parse(query, no_location=True)
    except gql.GraphQLSyntaxError as error:
        raise ApiError(400, "GraphQLError", error.message, schema=True, code="GRAPHQL_PARSE_FAILED") from None


def execute(payload: Any, resolve: Callable[[Document, gql.FieldNode], Run], answers: Answers) -> Answer:
    """Checks every root field first, then runs them in order."""
    try:
        document = Document(payload)
        runs = [(_key(node), resolve(document, node)) for node in document.fields(document.operation.selection_set)]
    except ApiError as error:
        return 400, {"errors": [answers.say(error).graphql_error()]}
    data: dict[str, Any] = {}
    errors = []
    for key, run in runs:
        try:
            data[key] = run()
        except ApiError as error:
            data[key] = None
            errors.append(answers.say(error).graphql_error())
    return 200, {"errors": errors, "data": data} if errors else {"data": data}


def root_fields(payload: Any) -> list[str]:
    """The names of the root fields; none where the request cannot be read."""
    try:
        document = Document(payload)
        return [node.name.value for node in document.fields(document.operation.selection_set)]
    except ApiError:
        return []


def is_mutation(payload: Any) -> bool:
    try:
        return Document(payload).root_type == "Mutation"
    except ApiError:
        return False


def _key(node: gql.FieldNode) -> str:
    return node.alias.value if node.alias else node.name.value


class RecordsApi:
    """Resolves the root fields of `/graphql`; each costs one token when it runs."""

    def __init__(self, workspace: Workspace, gate: Gate, files: Files, base_url: str) -> None:
        self._workspace = workspace
        self._gate = gate
        self._files = files
        self._base_url = base_url

    def resolve(self, document: Document, node: gql.FieldNode) -> Run:
        name, arguments = node.name.value, document.arguments(node)
        if name == "uploadFile" and self._workspace.era.attachments == "fullPath":
            return self._upload(document, node, arguments)
        singular = {table.of.name_singular: table for table in self._workspace.tables.values()}
        plural = {table.of.name_plural: table for table in self._workspace.tables.values()}
        if document.root_type == "Query" and name in plural:
            return self._connection(document, node, plural[name], arguments)
        if document.root_type == "Query" and name in singular:
            table = singular[name]
            project = self._record(document, node, table.of)
            return lambda: project(self._one(table, arguments.get("filter")))
        for verb in _VERBS if document.root_type == "Mutation" else ():
            target = name[len(verb) : len(verb) + 1].lower() + name[len(verb) + 1 :]
            if name.startswith(verb) and (target in singular or target in plural):
                many = target in plural
                table = plural[target] if many else singular[target]
                change = self._mutation(verb, table, many, arguments)
                project = self._record(document, node, table.of)
                return lambda: [project(row) for row in change()] if many else project(change()[0])
        raise schema_error(f'Cannot query field "{name}" on type "{document.root_type}".')

    # Reading

    def _connection(self, document: Document, node: gql.FieldNode, table: Table, arguments: dict[str, Any]) -> Run:
        parts = {part.name.value: part for part in document.fields(node.selection_set)}
        projects = {}
        for edge in document.fields(parts["edges"].selection_set) if "edges" in parts else ():
            if edge.name.value == "node":
                projects["node"] = self._record(document, edge, table.of)
        select = _selector(document, node.selection_set)

        def run() -> Any:
            self._gate.admit("list", table.of)
            order = graphql_order(table.of, arguments.get("orderBy"))
            wanted = compile_filter(table.of, graphql_filter(arguments.get("filter")))
            key = (str(arguments.get("filter")), str(arguments.get("orderBy")))
            limit = min(int(arguments.get("first") or arguments.get("last") or _PAGE), _MAX_PAGE)
            page = table.find(key, wanted, order, arguments.get("after"), limit, arguments.get("before"))
            project = projects.get("node")
            edges = [{"node": project(row) if project else None, "cursor": order.cursor(row)} for row in page.rows]
            info = {
                "hasNextPage": page.has_next,
                "hasPreviousPage": page.has_previous,
                "startCursor": edges[0]["cursor"] if edges else None,
                "endCursor": edges[-1]["cursor"] if edges else None,
            }
            return select({"edges": edges, "pageInfo": info, "totalCount": page.total})

        return run

    def _one(self, table: Table, wanted: Any) -> Row:
        self._gate.admit("get", table.of)
        rows = list(table.matching(compile_filter(table.of, graphql_filter(wanted))))
        if not rows:
            raise not_found()
        return rows[0]

    # Writing

    def _mutation(self, verb: str, table: Table, many: bool, arguments: dict[str, Any]) -> Callable[[], list[Row]]:
        workspace = self._workspace
        if verb in ("create", "update"):
            data = arguments.get("data")
            _check_input(table, data if isinstance(data, list) else [data], verb)
        if verb == "create":
            upsert = bool(arguments.get("upsert"))
            records = arguments["data"] if many else [arguments["data"]]

            def create() -> list[Row]:
                self._gate.admit("upsert" if upsert and many else "create", table.of)
                return workspace.create(table, records, upsert=upsert)

            return create

        def change() -> list[Row]:
            self._gate.admit(verb, table.of)
            wanted = arguments.get("filter") if many else {"id": {"eq": arguments.get("id")}}
            compiled = compile_filter(table.of, graphql_filter(wanted))
            rows = list(table.matching(compiled, with_trashed=True))
            if not many and not rows:
                raise not_found()
            if verb == "update":
                return workspace.update(table, rows, arguments.get("data"))
            if verb == "restore":
                return workspace.restore(table, rows)
            return (workspace.trash if verb == "delete" else workspace.destroy)(table, rows)

        return change

    def _upload(self, document: Document, node: gql.FieldNode, arguments: dict[str, Any]) -> Run:
        select = _selector(document, node.selection_set)

        def run() -> Any:
            upload = _upload_of(arguments)
            folder = str(arguments.get("fileFolder") or "Attachment")
            return select(self._files.save(folder, upload.filename or "", upload.file))

        return run

    # Selections

    def _record(self, document: Document, node: gql.FieldNode, of: ObjectType) -> Project:
        parts = [(_key(part), self._part(document, part, of)) for part in document.fields(node.selection_set)]
        signed = of.name_singular == "attachment"

        def project(row: Row) -> Row:
            row = self._files.signed(row, self._base_url) if signed else row
            return {key: part(row) for key, part in parts}

        return project

    def _part(self, document: Document, node: gql.FieldNode, of: ObjectType) -> Project:
        name = node.name.value
        if name == "__typename":
            return lambda row: _pascal(of.name_singular)
        field = next((one for one in of.fields if name in (one.name, one.column)), None)
        if field is None:
            raise schema_error(f'Cannot query field "{name}" on type "{_pascal(of.name_singular)}".')
        if field.relation is not None and name == field.name:
            return self._relation(document, node, field)
        if field.type in COMPOSITES:
            select = _selector(document, node.selection_set)
            return lambda row: select(row[name])
        return lambda row: row[name]

    def _relation(self, document: Document, node: gql.FieldNode, field: Field) -> Project:
        assert field.relation is not None
        target = self._workspace.by_id(field.relation.target_object)
        if target is None:
            return lambda row: None
        if field.column is not None:
            column, project = field.column, self._record(document, node, target.of)

            def parent(row: Row) -> Any:
                found = target.rows.get(row[column])
                return None if found is None else project(found)

            return parent
        inverse = next(one for one in target.of.fields if one.id == field.relation.target_field)
        edges = next((part for part in document.fields(node.selection_set) if part.name.value == "edges"), None)
        nodes = [part for part in document.fields(edges.selection_set if edges else None) if part.name.value == "node"]
        child = self._record(document, nodes[0], target.of) if nodes else lambda row: {}

        def children(row: Row) -> Any:
            rows = [one for one in target.rows.values() if one[str(inverse.column)] == row["id"]]
            return {"edges": [{"node": child(one)} for one in rows if one["deletedAt"] is None]}

        return children


class MetadataApi:
    """Resolves the root fields of `/metadata`, which no rate limit covers."""

    def __init__(self, workspace: Workspace, metadata: Metadata, files: Files, base_url: str) -> None:
        self._workspace = workspace
        self._metadata = metadata
        self._files = files
        self._base_url = base_url

    def resolve(self, document: Document, node: gql.FieldNode) -> Run:
        name, arguments = node.name.value, document.arguments(node)
        given = arguments.get("input") or {}
        metadata = self._metadata
        calls: dict[str, Run] = {
            "objects": lambda: _edges([self._object(of) for of in self._workspace.objects]),
            "fields": lambda: _edges(
                [metadata.graphql_field_json(of, one) for of in self._workspace.objects for one in of.fields]
            ),
            "createOneObject": lambda: self._object(metadata.create_object(given["object"])),
            "createOneField": lambda: metadata.graphql_field_json(*metadata.create_field(given["field"])),
            "updateOneObject": lambda: self._object(metadata.update_object(given["id"], given["update"])),
            "updateOneField": lambda: metadata.graphql_field_json(*metadata.update_field(given["id"], given["update"])),
            "deleteOneObject": lambda: {"id": metadata.delete_object(given["id"]).id},
            "deleteOneField": lambda: {"id": metadata.delete_field(given["id"]).id},
        }
        if self._workspace.era.attachments == "file":
            calls["uploadFilesFieldFile"] = lambda: self._upload(arguments)
        if name not in calls:
            raise schema_error(f'Cannot query field "{name}" on type "{document.root_type}".')
        select = _selector(document, node.selection_set)
        return lambda: select(calls[name]())

    def _upload(self, arguments: dict[str, Any]) -> Any:
        upload = _upload_of(arguments)
        field = next(
            (one for of in self._workspace.objects for one in of.fields if one.id == arguments.get("fieldMetadataId")),
            None,
        )
        if field is None or field.type != "FILES":
            raise bad_request(f"Field metadata not found for id: {arguments.get('fieldMetadataId')}")
        now = self._workspace.now()
        return self._files.save_field_file(upload.filename or "", upload.file, now, self._base_url)

    def _object(self, of: ObjectType) -> dict[str, Any]:
        fields = [self._metadata.graphql_field_json(of, field) for field in of.fields]
        return {**self._metadata.object_json(of), "fields": _edges(fields)}


def _upload_of(arguments: dict[str, Any]) -> Any:
    upload = arguments.get("file")
    if upload is None or not hasattr(upload, "file"):
        raise bad_request('Variable "$file" got invalid value; Upload value invalid.')
    return upload


def _edges(nodes: list[dict[str, Any]]) -> dict[str, Any]:
    info = {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None}
    return {"edges": [{"node": node} for node in nodes], "pageInfo": info, "totalCount": len(nodes)}


def _selector(document: Document, selection: gql.SelectionSetNode | None) -> Project:
    """Picks from plain JSON what was asked for; a part without sub-selection is taken whole."""
    parts = [(_key(node), node.name.value, node.selection_set) for node in document.fields(selection)]
    if not parts:
        return lambda value: value
    picks = [(key, name, _selector(document, inner)) for key, name, inner in parts]

    def select(value: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, list):
            return [select(item) for item in value]
        return {key: pick(value.get(name)) for key, name, pick in picks}

    return select


def _check_input(table: Table, records: list[Any], verb: str) -> None:
    of = table.of
    known = {key for field in of.fields for key in (field.name, field.column) if key}
    enums = {
        field.name: {option["value"] for option in field.options or ()}
        for field in of.fields
        if field.type in ("SELECT", "MULTI_SELECT", "RATING")
    }
    for record in records:
        if not isinstance(record, dict):
            raise schema_error('Expected value of type object for argument "data".')
        unknown = record.keys() - known
        if unknown:
            name = f"{_pascal(of.name_singular)}{verb.capitalize()}Input"
            raise schema_error(f'Field "{min(unknown)}" is not defined by type "{name}".')
        for field in enums.keys() & record.keys():
            value = record[field]
            for one in value if isinstance(value, list) else [value]:
                if one is not None and one not in enums[field]:
                    enum = f"{_pascal(of.name_singular)}{_pascal(field)}Enum"
                    raise schema_error(f'Value "{one}" does not exist in "{enum}" enum.')


def _pascal(name: str) -> str:
    return name[0].upper() + name[1:]
