"""The document on the control socket."""

from pathlib import Path

from agentmesh.control.document import document
from agentmesh.control.table import REQUESTS

ROOT = Path(__file__).parents[3]


def test_the_document_is_fresh() -> None:
    stale = "stale: python -m agentmesh.control.document > docs/control.md"
    assert (ROOT / "docs/control.md").read_text() == document(), stale


def test_every_call_and_its_answer_are_described() -> None:
    text = document()
    for name, row in REQUESTS.items():
        assert f"### `{name}`\n" in text
        assert f"### {row.answer.__name__}\n" in text
