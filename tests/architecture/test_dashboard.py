"""What the owner's browser loads: small, whole, ours alone, and without a way to read HTML."""

import re
from pathlib import Path

import msgspec
import pytest

from agentmesh.daemon.dashboard.programs import FIELDS
from agentmesh.policy.document import Policy, Section
from tests.architecture.tree import ROOT

DASHBOARD = ROOT / "dashboard"
MOST = 150_000
FILES = sorted(
    path for path in DASHBOARD.rglob("*") if path.is_file() and path.suffix not in {".py", ".pyc"}
)
PAGES = DASHBOARD / "static/pages"
SCRIPTS = [path for path in FILES if path.suffix == ".js"]
SINKS = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser"
    r"|setHTML|srcdoc|\beval\b|new Function|importScripts|new Worker|serviceWorker|document\.cookie"
    r"""|\.style\s*=|setAttribute\(\s*["'](?:on|style)"""
)
IMPORTED = re.compile(r"""(?:from|import)\s*\(?\s*["'](\.[^"']+)["']""")


def _name(path: Path) -> str:
    return str(path.relative_to(DASHBOARD))


def test_all_of_it_is_small() -> None:
    assert sum(path.stat().st_size for path in FILES) <= MOST


@pytest.mark.parametrize("script", SCRIPTS, ids=_name)
def test_a_script_has_no_way_to_read_html(script: Path) -> None:
    assert SINKS.findall(script.read_text()) == []


@pytest.mark.parametrize("script", SCRIPTS, ids=_name)
def test_what_a_script_imports_is_there(script: Path) -> None:
    for place in IMPORTED.findall(script.read_text()):
        assert (script.parent / place).is_file(), place


def test_every_script_is_reached() -> None:
    imported = {
        (script.parent / place).resolve()
        for script in SCRIPTS
        for place in IMPORTED.findall(script.read_text())
    }
    listed = (DASHBOARD / "static/shell/pages.js").read_text()
    imported |= {PAGES / f"{name}.js" for name in re.findall(r'path: "(\w+)"', listed)}
    assert {path for path in SCRIPTS if path not in imported} == {DASHBOARD / "static/app.js"}


def test_a_page_has_imported_what_it_calls() -> None:
    kit = _words(r"export \{([^}]*)\}", (DASHBOARD / "static/shared/kit.js").read_text())
    for page in PAGES.glob("*.js"):
        text = re.sub(r"(?m)^\s*(?://|/\*\*).*$", "", page.read_text())
        has = _words(r"import \{([^}]*)\}", text) | _words(r"(?:const|function|class) (\w+)", text)
        called = set(re.findall(r"(?<![\w.#])(\w+)\(", text)) & kit
        assert called <= has, page


def _words(where: str, text: str) -> set[str]:
    return set(re.findall(r"\w+", " ".join(re.findall(where, text))))


def test_nothing_is_loaded_from_elsewhere() -> None:
    for path in FILES:
        found = set(re.findall(r"(?:https?|wss?)://[^\s\"'`)]+", path.read_text()))
        assert found <= {"http://www.w3.org/2000/svg"}, path


def test_the_page_has_nothing_inline() -> None:
    page = (DASHBOARD / "index.html").read_text()
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=", page) == []


def _leaves(section: type[Section], inside: str = "") -> list[str]:
    """Return the dotted names of all fields of the policy."""
    found = []
    for field in msgspec.structs.fields(section):
        kind = field.type
        if isinstance(kind, type) and issubclass(kind, Section):
            found += _leaves(kind, f"{inside}{field.name}.")
        else:
            found.append(inside + field.name)
    return found


def test_the_policys_form_has_every_field() -> None:
    form = (DASHBOARD / "static/pages/policy_fields.js").read_text()
    shown = re.findall(r'(?:flag|choice|number|lines|text|told)\("([\w.]+)"|path: "([\w.]+)"', form)
    assert sorted(map("".join, shown)) == sorted(_leaves(Policy))
    assert sorted(re.findall(r'told\("([\w.]+)"', form)) == sorted(FIELDS)
