"""skill.json, and what it must not contradict."""

from pathlib import Path

from agentmesh import __version__
from agentmesh.tools.manifest import as_text, manifest

ROOT = Path(__file__).parents[3]
STALE = "stale: python -m agentmesh.tools.manifest < requirements.txt > skill.json"


def test_the_file_is_fresh() -> None:
    requirements = (ROOT / "requirements.txt").read_text().splitlines()
    assert (ROOT / "skill.json").read_text() == as_text(requirements), STALE


def test_it_names_the_version_and_what_we_are() -> None:
    told = manifest([])
    assert told["version"] == __version__
    assert "end-to-end encrypted" in told["description"].lower()
    assert "KNOCK" in told["description"]
