"""What a mapping says about edits in Twenty, by source object and part."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.edits import EditPolicies, EditPolicy, PartPolicy, policy_key
from schemas.mapping.language import DERIVED, DerivedMapping, ObjectMapping, Part, SystemMapping


def edit_policies(mapping: SystemMapping) -> EditPolicies:
    """The parts whose policy is not all ``source_wins``."""
    found = {}
    for name, mapped in _objects(mapping):
        for part in mapped.parts:
            policy = _policy(mapped, part)
            if not policy.default:
                found[policy_key(name, part.name)] = policy
    return found


def _objects(mapping: SystemMapping) -> Iterator[tuple[str, ObjectMapping | DerivedMapping]]:
    yield from mapping.objects.items()
    for name, derived in mapping.derived.items():
        yield DERIVED + name, derived


def _policy(mapped: ObjectMapping | DerivedMapping, part: Part) -> PartPolicy:
    if part.match:
        # a row of Twenty's own: that people edit it is what it is for, and the mapping owns what it names
        return PartPolicy()
    said: dict[str, EditPolicy | None] = {name: rule.edits for name, rule in part.rules}
    said |= {name: reference.edits for name, reference in part.links.items()}
    decided = {name: policy or mapped.edits for name, policy in said.items()}
    # a fragment's row is another part's: whether it comes out of the trash is decided there
    trashed = "revive" if part.anchor else mapped.trashed
    return PartPolicy({name: policy for name, policy in decided.items() if policy != "source_wins"}, trashed)
