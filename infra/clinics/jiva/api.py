"""Jiva's REST API as settings of a source: where each object's list is, and how it is paged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_BY_CURSOR = {"paging": {"kind": "cursor", "parameter": "cursor", "next": "next_cursor", "size": 200}}
_IN_PARALLEL = {"paging": {"kind": "offset", "parameter": "offset", "size": 50}, "parallel": 4}
_LISTS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "member": ("members", _BY_CURSOR),
    "organization": ("organizations", _BY_CURSOR),
    "payer": ("payers", _BY_CURSOR),
    "coordinator": ("coordinators", _BY_CURSOR),
    "care_plan": ("care_plans", _BY_CURSOR),
    "authorization": ("authorizations", _BY_CURSOR),
    "assessment": ("assessments", _BY_CURSOR),
    "encounter": ("encounters", _IN_PARALLEL),
    "clinical_note": ("clinical_notes", _IN_PARALLEL),
    "action_item": ("action_items", _BY_CURSOR),
    "attachment": ("attachments", _BY_CURSOR),
    "activity": ("activities", _IN_PARALLEL),
    "connections": ("connections", _BY_CURSOR),
    "care_pathways": ("pathways", _BY_CURSOR),
}
"""Object, or export, of the mapping -> its list, and how that is read."""

API: Mapping[str, Mapping[str, Any]] = {
    name: {
        "path": f"/v1/{table}",
        "rows": "data",
        "modified_since": "updated_since",
        "record": f"/v1/{table}/{{id}}",
        **reading,
    }
    for name, (table, reading) in _LISTS.items()
}
"""``source.objects`` of the settings."""
