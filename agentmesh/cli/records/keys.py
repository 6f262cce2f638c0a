"""The commands `transcripts keys` and `transcripts open`: letting somebody read one transcript."""

from pathlib import Path

import click
import msgspec

from agentmesh.cli import passphrase, render
from agentmesh.cli.desk import Desk, command, note
from agentmesh.cli.figure import Count
from agentmesh.cli.records.asking import Records
from agentmesh.cli.records.files import read_file, write_new
from agentmesh.cli.records.pages import show_page
from agentmesh.control import calls, offline

MAX_KEY_FILE = 4096
_WARNING = (
    "Whoever has this file and its passphrase can read this session's transcript, also what is\n"
    "added to it later. Other sessions, and what travels, it does not open. The audit log has it."
)

_descriptor = click.option(
    "--passphrase-fd", type=int, metavar="N", help="Read the passphrase from this descriptor."
)


@command("keys")
@click.argument("session_id")
@click.option("--output", required=True, type=click.Path(path_type=Path), help="A new file.")
@_descriptor
def keys(desk: Desk, session_id: str, output: Path, passphrase_fd: int | None) -> None:
    """Hand out the key of one transcript, under a passphrase."""
    note(_WARNING)
    words = passphrase.for_a_file(passphrase_fd, twice=True)
    asked = calls.TranscriptsKeys(session_id=session_id, passphrase=words)
    with Records(desk) as records:
        write_new(output, lambda file: file.write(records.call(asked).file.encode()))
    sealed = desk.home / "transcripts" / session_id
    told = {"path": str(output), "session_id": session_id, "transcript": str(sealed)}
    listed = render.pairs([("key", output), ("transcript", sealed)])
    desk.answer(told, f"{listed}\nHand out both, and the passphrase another way.")


@command("open")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--key", required=True, type=click.Path(path_type=Path), help="Its key file.")
@click.option("--first", type=Count(1), default=1, help="The entry to begin with.")
@click.option("--limit", type=Count(1, 1000), default=1000, show_default=True)
@_descriptor
def open_file(desk: Desk, file: Path, key: Path, passphrase_fd: int | None, **part: int) -> None:
    """Read a sealed transcript with its key file; neither a daemon nor a home is needed."""
    key_file = read_file(key, MAX_KEY_FILE)
    asked = offline.TranscriptsOpen(
        path=str(file.absolute()),
        key_file=key_file,
        passphrase=passphrase.for_a_file(passphrase_fd, twice=False),
        first=part["first"],
        limit=part["limit"],
    )
    with Records(desk) as records:
        found = records.call(asked)
    desk.answer(msgspec.to_builtins(found), show_page(found))
