"""What the papers name is there: a reader who follows a path arrives."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT

FOLDERS = ("*.md", "docs/**/*.md", "benchmarks/*.md", "services/**/*.md")
PAPERS = sorted(paper for folder in FOLDERS for paper in ROOT.glob(folder))
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


def _anchors(paper: Path) -> set[str]:
    """Return what links into a paper may name: its headings, as they are written in addresses."""
    text = re.sub(r"```.*?```", "", paper.read_text(), flags=re.DOTALL)
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title).lower().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("paper", PAPERS, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_link_leads_to_a_heading(paper: Path) -> None:
    links = re.findall(r"\]\(((?!https?:)[^)#]*)#([^)]+)\)", paper.read_text())
    targets = [((paper.parent / path) if path else paper, anchor) for path, anchor in links]
    assert [anchor for target, anchor in targets if anchor not in _anchors(target)] == []


@pytest.mark.parametrize("paper", PAPERS, ids=lambda p: str(p.relative_to(ROOT)))
def test_each_row_stands_in_a_table_with_titles(paper: Path) -> None:
    """A blank line in a table's middle ends it: what follows is shown as text."""
    text = re.sub(r"```.*?```", "", paper.read_text(), flags=re.DOTALL)
    tables = re.findall(r"(?:^\|.*\n?)+", text, re.MULTILINE)
    assert [it for it in tables if not re.match(r"\|.*\n\|[-:| ]+\|\n", it)] == []


@pytest.mark.parametrize("paper", PAPERS, ids=lambda p: str(p.relative_to(ROOT)))
def test_what_is_shown_in_python_can_be_read(paper: Path) -> None:
    for example in re.findall(r"```python\n(.*?)```", paper.read_text(), re.DOTALL):
        compile(example, paper.name, "exec")


def test_the_house_has_the_rooms_and_rows_that_its_page_names() -> None:
    page = (ROOT / "docs/architecture.md").read_text()
    named = set(re.findall(r"^\| `agentmesh/(\w+)(?:\.py)?` \|", page, re.MULTILINE))
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    rows = [row.split(" | ") for row in linter["contracts"][0]["layers"]]
    assert named == {room for row in rows for room in row}
    written = re.findall(r"^\| \d+ \| ((?:`\w+` ?)+) ?\|", page, re.MULTILINE)
    assert [sorted(re.findall(r"\w+", row)) for row in written] == [sorted(row) for row in rows]


def test_the_index_lists_every_decision_by_its_title() -> None:
    folder = ROOT / "docs/decisions"
    titles = {it.name: it.read_text().split("\n", 1)[0] for it in folder.glob("0*.md")}
    lines = [f"- [{title.removeprefix('# ')}]({name})" for name, title in titles.items()]
    index = (folder / "README.md").read_text().splitlines()
    assert sorted(lines) == sorted(line for line in index if line.startswith("- "))
