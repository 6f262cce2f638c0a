"""What owners and operators can set stands in the papers: fields with defaults, and options."""

import re
from collections.abc import Iterator

import msgspec
import pytest
from agentmesh_registry.program import main as registry
from agentmesh_relay.config import config_from

from agentmesh.daemon.config import Settings
from agentmesh.policy.document import Policy, Section
from tests.architecture.tree import ROOT

PAGE = (ROOT / "docs/settings.md").read_text()


def rows(name: str) -> list[tuple[str, str]]:
    """Return field and default of each row of the table between two markers."""
    table = re.search(rf"<!-- {name} -->(.*?)<!-- /{name} -->", PAGE, re.DOTALL)
    assert table, f"docs/settings.md has no table {name}"
    return re.findall(r"^\| `(\S+)` \| `(.*?)` \|", table.group(1), re.MULTILINE)


def fields(value: msgspec.Struct, before: str = "") -> Iterator[tuple[str, str]]:
    """Yield each field by its dotted name, with its value as JSON."""
    for name in value.__struct_fields__:
        inner = getattr(value, name)
        if isinstance(inner, Section):
            yield from fields(inner, f"{before}{name}.")
        else:
            yield before + name, msgspec.json.encode(inner, order="deterministic").decode()


def test_the_page_lists_every_field_of_the_policy() -> None:
    assert sorted(rows("policy")) == sorted(fields(Policy()))


def test_the_page_lists_every_setting() -> None:
    assert rows("config") == list(fields(Settings()))


def options_listed() -> set[str]:
    page = (ROOT / "docs/operating.md").read_text()
    tables = page.partition("## Options")[2].partition("\n## ")[0]
    return set(re.findall(r"--[a-z-]+", tables)) | {"--help", "--version"}


def test_hosting_lists_every_option_of_a_relay(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        config_from(["--help"], {})
    assert set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) <= options_listed()


def test_hosting_lists_every_option_of_a_registry() -> None:
    assert {option for each in registry.params for option in each.opts} <= options_listed()
