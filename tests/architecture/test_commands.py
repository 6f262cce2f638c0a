"""What papers, hints and pages tell people to type: the command is there, and takes the options."""

import re
from collections.abc import Iterator
from itertools import takewhile

import click

from agentmesh.cli.main import cli
from agentmesh.control.door import command_of
from agentmesh.control.table import REQUESTS
from tests.architecture.tree import ROOT

FOLDERS = ("agentmesh", "services", "docs", "dashboard/static", "openclaw", "skills", "benchmarks")
SPEAKERS = sorted(
    {*ROOT.glob("*.md")}.union(
        *(ROOT.glob(f"{folder}/**/*{kind}") for folder in FOLDERS for kind in (".md", ".py", ".js"))
    )
    - {ROOT / "CHANGELOG.md"}
)
_TYPED = re.compile(
    r"(?:`|(?<!b)\"|&& |; )agentmesh ([^`\"\n;&]+)|^ {0,4}(?:agentmesh|alice|bob) ([^\n#|;]+)",
    re.MULTILINE,
)
NAMES = {"authority", "safety"}  # `agentmesh authority ...` in certificates, and what is hashed
_WORD = re.compile(r"[a-z][a-z0-9.-]*")
_CONTEXT = click.Context(cli)


def typed(text: str) -> Iterator[list[str]]:
    """Yield the words behind `agentmesh` wherever a text has somebody type it."""
    for found in _TYPED.finditer(text):
        words = (found[1] or found[2]).partition("  ")[0].split()
        words = [word.rstrip(".") for word in words if word != "--json"]
        if words and _WORD.fullmatch(words[0]) and words[0] not in NAMES:
            yield words


def unknown(words: list[str]) -> list[str]:
    """Return what of these words no command takes."""
    command = cli.get_command(_CONTEXT, words[0])
    rest = words[1:]
    if isinstance(command, click.Group) and rest and _WORD.fullmatch(rest[0]):
        command, rest = command.get_command(_CONTEXT, rest[0]), rest[1:]
    if command is None:
        return words[:2]
    known = {option for each in command.params for option in each.opts} | {"--help"}
    options = (word.partition("=")[0] for word in takewhile(lambda it: it != "--", rest))
    return [it for it in options if re.fullmatch(r"--[a-z-]+", it) and it not in known]


def test_nobody_is_told_to_type_what_is_not_there() -> None:
    told = [(each, words) for each in SPEAKERS for words in typed(each.read_text())]
    assert len(told) > 300
    assert [(each.name, words) for each, words in told if unknown(words)] == []


def test_an_owner_is_told_the_command_of_each_call_that_is_the_owners() -> None:
    told = [command_of(name).split() for name, row in REQUESTS.items() if row.permit == "owner"]
    assert [words for words in told if unknown(words)] == []
