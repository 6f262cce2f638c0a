"""What `--help` lists."""

import re

from agentmesh.cli import main
from agentmesh.cli.overview import SECTIONS
from tests.unit.cli.conftest import Shell


def test_every_command_stands_under_one_heading() -> None:
    listed = [name for names in SECTIONS.values() for name in names]
    assert sorted(listed) == sorted(main.COMMANDS)


def test_no_sentence_of_a_list_is_cut_short(shell: Shell) -> None:
    for words in ((), ("contacts",), ("transcripts",), ("schemas",)):
        said = shell(*words, "--help").out
        listed = said[said.index("Begin:" if not words else "Commands:") :]
        assert "..." not in listed
        assert re.search(r"[a-z]\.\n", listed)
