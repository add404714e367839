"""Mappings: how a clinic's source objects become Twenty records, as data."""

from schemas.mapping.document import MappingError, built_in, load_mapping, parse_mapping
from schemas.mapping.language import SystemMapping
from schemas.mapping.policies import edit_policies
from schemas.mapping.requirements import producible, requirements

__all__ = [
    "MappingError",
    "SystemMapping",
    "built_in",
    "edit_policies",
    "load_mapping",
    "parse_mapping",
    "producible",
    "requirements",
]
