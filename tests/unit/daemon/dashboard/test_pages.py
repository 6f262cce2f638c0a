"""The dashboard's files."""

from pathlib import Path

import pytest

from agentmesh.daemon.dashboard import pages as rules
from agentmesh.daemon.dashboard.pages import found_in, pages
from agentmesh.errors import UsageError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "index.html": b"<!doctype html>", "__init__.py": b'"""The pages."""', ".hidden.js": b"x",
        "_draft.html": b"x", "README.md": b"x", "static/app.js": b"app", "static/app.css": b"css",
        "static/vendor/uplot.js": b"uplot", "static/vendor/LICENSE.txt": b"MIT",
        "__pycache__/x.js": b"x",
    }  # fmt: skip
    for name, body in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(body)
    return tmp_path


def test_a_file_is_found_under_its_path_with_its_type(folder: Path) -> None:
    found = dict(found_in(folder))
    assert set(found) == {
        "/", "/index.html", "/static/app.js", "/static/app.css", "/static/vendor/uplot.js",
        "/static/vendor/LICENSE.txt",
    }  # fmt: skip
    assert found["/"] == found["/index.html"] == ("text/html; charset=utf-8", b"<!doctype html>")
    assert found["/static/app.js"].kind == "text/javascript; charset=utf-8"


def test_an_installation_without_pages_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "PACKAGE", "agentmesh_dashboard_that_is_not_there")
    with pytest.raises(UsageError) as caught:
        pages()
    assert caught.value.code == "dashboard_missing"
    assert "install" in caught.value.hint
