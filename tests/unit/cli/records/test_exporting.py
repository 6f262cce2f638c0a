"""transcripts export."""

import json
from pathlib import Path
from typing import Any

import pytest

from agentmesh.control import answers
from tests.support.control_server import BOB, Script
from tests.unit.cli.conftest import Shell

SLY = "# heading\n<b>\x1b[2J\u202e"


def entry(number: int, **changed: Any) -> answers.Entry:
    facts: dict[str, Any] = {
        "number": number, "at": "T", "kind": "received", "peer": BOB, "peer_name": "*bob*",
        "message_id": "m", "type": "text", "payload": {"text": SLY},
    }  # fmt: skip
    return answers.Entry(**(facts | changed))


@pytest.fixture
def pages(script: Script) -> Script:
    told = {
        "": answers.TranscriptPage(entries=[entry(1)], next="p", damaged=False),
        "p": answers.TranscriptPage(entries=[entry(2)], next="", damaged=True),
    }
    script.answers["transcripts.read"] = lambda asked: told[asked.place]
    return script


@pytest.mark.usefixtures("pages")
@pytest.mark.parametrize("form", ["json", "markdown", "text"])
def test_it_goes_to_stdout_and_nothing_in_it_is_obeyed(mesh: Shell, form: str) -> None:
    said = mesh("transcripts", "export", "s1", "--format", form)
    assert said.code == 0
    assert not {"\x1b", "\u202e"} & set(said.out)
    assert said.out.count("heading") == 2
    assert "does not open" in said.out


@pytest.mark.usefixtures("pages")
def test_json_has_an_entry_a_line(mesh: Shell) -> None:
    lines = mesh("transcripts", "export", "s1").out.splitlines()
    assert [json.loads(line)["number"] for line in lines] == [1, 2, 3]
    assert json.loads(lines[0])["payload"] == {"text": SLY}


@pytest.mark.usefixtures("pages")
def test_in_markdown_what_was_said_is_no_markup(mesh: Shell) -> None:
    lines = mesh("transcripts", "export", "s1", "--format", "markdown").out.splitlines()
    assert lines[0].startswith("### 1  T  from \\*bob\\*")
    assert [line for line in lines if "heading" in line] == ["    # heading"] * 2


@pytest.mark.usefixtures("pages")
def test_it_is_written_into_a_file(mesh: Shell, tmp_path: Path) -> None:
    file = tmp_path / "out"
    told = mesh("transcripts", "export", "s1", "--output", str(file), "--json").document
    assert (told["entries"], told["path"]) == (3, str(file))
    assert mesh("transcripts", "export", "s1", "--output", str(file)).code == 2
    assert mesh("transcripts", "export", "s1", "--json").code == 2
