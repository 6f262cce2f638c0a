"""An owner proves by a letter that an agent is theirs: everything as processes."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.mesh import Agent, Mesh, eventually
from tests.support.ports import free_port
from tests.support.processes import running

PROVIDERS = """
[mail]
host = "127.0.0.1"
port = {port}
sender = "mesh@example.org"
starttls = false
"""
CODE = re.compile(r"^ {4}([2-9A-Z]{5}-[2-9A-Z]{5})$", re.MULTILINE)


def begin(agent: Agent) -> str:
    """Return the attempt; empty as long as the mail server is not there."""
    done = agent.run("verify-me", "--address", "ann@example.org")
    attempt: str = done.answer["attempt"] if done.code == 0 else ""
    return attempt


@pytest.fixture
def letters(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """A mail server, and the folder where it puts letters."""
    port, folder = free_port(), tmp_path / "mail"
    words = ("-n", "-l", f"127.0.0.1:{port}", "-c", "aiosmtpd.handlers.Mailbox", folder)
    with running("aiosmtpd", *words):
        yield port, folder / "new"


def test_who_reads_the_letter_makes_the_agent_verified(
    tmp_path: Path, letters: tuple[int, Path]
) -> None:
    port, folder = letters
    providers = tmp_path / "providers.toml"
    providers.write_text(PROVIDERS.format(port=port))
    with Mesh(tmp_path / "mesh", registry=("--providers", providers)) as mesh:
        alice, bob = mesh.agent("alice", "--capability", "travel"), mesh.agent("bob")
        begun = eventually(lambda: begin(alice))
        assert alice.fails(5, "verify-me", "--attempt", begun, "--code", "22222-22222")
        (letter,) = eventually(lambda: list(folder.glob("*")))
        code = CODE.search(letter.read_text())
        assert code is not None
        assert alice.amid in letter.read_text()
        proved = alice.ask("verify-me", "--attempt", begun, "--code", code[1].lower())
        assert (proved["amid"], proved["tier"]) == (alice.amid, 1)
        (found,) = bob.ask("search", "travel", "--tier-min", "1")["results"]
        assert (found["amid"], found["tier"]) == (alice.amid, 1)
        assert "ann@" not in mesh.registry.log()
