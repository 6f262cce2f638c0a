"""There is one version, and everything that names it agrees."""

import json
import re

import pytest

from agentmesh import __version__
from tests.architecture.tree import ROOT

MANIFESTS = ("skill.json",)


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_names_the_version(name: str) -> None:
    assert json.loads((ROOT / name).read_text())["version"] == __version__


def test_the_changelog_begins_with_the_version() -> None:
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[:2] == ["Unreleased", __version__]
