"""The list of findings, the code that finds them, and the table in the papers say the same."""

import ast
import re
from collections.abc import Iterator

from agentmesh.observability.catalogue import KNOWN, rows
from agentmesh.observability.findings import Severity
from tests.architecture.tree import ROOT, modules


def _found_in_code() -> Iterator[tuple[str, str | None]]:
    """Yield id and severity (None: it depends) of each finding that the code names."""
    for path in modules("agentmesh"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") != "Finding":
                continue
            name, severity, *_ = node.args
            if isinstance(name, ast.Constant):
                said = severity.value if isinstance(severity, ast.Constant) else None
                yield str(name.value), None if said is None else str(said)


def test_what_the_code_finds_is_listed_and_what_is_listed_is_found() -> None:
    listed = {it.id for it in KNOWN}
    dynamic = {"key_damaged"}  # an error's code, told as it is
    assert {name for name, _ in _found_in_code()} == listed - dynamic


def test_the_severities_agree() -> None:
    listed: dict[str, Severity] = {it.id: it.severity for it in KNOWN}
    wrong = [(name, said) for name, said in _found_in_code() if said not in {None, listed[name]}]
    assert wrong == []


def test_ids_are_unique_and_more_than_enough() -> None:
    assert len({it.id for it in KNOWN}) == len(KNOWN) >= 25


def test_the_papers_have_the_table() -> None:
    text = (ROOT / "docs/owner.md").read_text()
    table = re.search(r"<!-- findings -->(.*?)<!-- /findings -->", text, re.DOTALL)
    assert table
    assert re.findall(r"^\| `.*$", table.group(1), re.MULTILINE) == rows()
