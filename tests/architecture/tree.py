"""The files of the project, as the architecture tests see them."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {
    "agentmesh": ROOT / "agentmesh",
    "agentmesh_relay": ROOT / "services/relay/agentmesh_relay",
    "agentmesh_registry": ROOT / "services/registry/agentmesh_registry",
}


def modules(package: str) -> Iterator[Path]:
    """Yield the package's source files, but for its database migrations."""
    for path in sorted(PACKAGES[package].rglob("*.py")):
        if "migrations" not in path.parts:
            yield path


def has_logic(path: Path) -> bool:
    """Tell whether the module does anything: a function with more than words in it."""
    tree = ast.parse(path.read_text())
    functions = (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    return any(not _only_words(statement) for f in functions for statement in f.body)


def _only_words(statement: ast.stmt) -> bool:
    is_constant = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return is_constant or isinstance(statement, ast.Pass)
