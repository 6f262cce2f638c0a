"""What the papers name is there: a reader who follows a path arrives."""

import re
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT

PAPERS = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md")})
OURS = ("agentmesh/", "services/", "tests/", "docs/", "benchmarks/", "dashboard/", "openclaw/")
WIRE = {"agentmesh/1.0"}  # a name on the wire, not a path


def _paths(paper: Path) -> set[str]:
    """Return the paths in back quotes, and what links lead to."""
    text = re.sub(r"```.*?```", "", paper.read_text(), flags=re.DOTALL)
    quoted = {word for word in re.findall(r"`([\w./-]+)`", text) if word.startswith(OURS)} - WIRE
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", text)
    return quoted | {str((paper.parent / link).resolve().relative_to(ROOT)) for link in links}


@pytest.mark.parametrize("paper", PAPERS, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_paper_names_only_what_is_there(paper: Path) -> None:
    assert sorted(path for path in _paths(paper) if not (ROOT / path).exists()) == []
