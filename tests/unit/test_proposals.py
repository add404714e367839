"""Proposals on the sources that they are measured on; the figures of docs/profile.md are these."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.clinics.worlds import WORLDS
from infra.proposals.__main__ import line
from infra.proposals.score import Score, score
from infra.proposals.sources import FIRST_SIGHT, Measured, all_sources
from producers.propose.draft import Head, draft
from producers.propose.proposal import propose
from producers.propose.writing import as_yaml
from schemas.mapping.document import parse_mapping

PAGE = (Path(__file__).parents[2] / "docs" / "profile.md").read_text()


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Measured]:
    return {one.name: one for one in all_sources(tmp_path_factory.mktemp("proposals"))}


@pytest.fixture(scope="module")
def scores(sources: dict[str, Measured]) -> dict[str, Score]:
    return {name: score(propose(one.profile), one.answers) for name, one in sources.items()}


def test_what_was_learned_is_kept(scores: dict[str, Score]) -> None:
    assert {name: one.wrong for name, one in scores.items() if one.precision < 0.94} == {}
    assert {name: one.missed for name, one in scores.items() if one.recall < 0.8} == {}


def test_every_draft_is_a_mapping_without_mistakes(sources: dict[str, Measured]) -> None:
    for name, one in sources.items():
        mapping = parse_mapping(as_yaml("drafted", draft(propose(one.profile)), Head()), f"{name}.yaml")
        assert "person" in mapping.synced


def test_the_page_has_these_figures(sources: dict[str, Measured], scores: dict[str, Score]) -> None:
    for name, one in sources.items():
        assert name in WORLDS or name in FIRST_SIGHT
        assert line(one, scores[name]) in PAGE
