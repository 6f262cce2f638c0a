"""The commands `backup` and `restore`."""

from pathlib import Path

import click
import msgspec

from agentmesh.cli import passphrase, render
from agentmesh.cli.desk import Desk, command, note
from agentmesh.cli.records.asking import Records
from agentmesh.control import calls, offline

_WARNING = "Without its passphrase nobody opens this backup, you neither."
_descriptor = click.option(
    "--passphrase-fd", type=int, metavar="N", help="Read the passphrase from this descriptor."
)


@command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@_descriptor
def backup(desk: Desk, file: Path, passphrase_fd: int | None) -> None:
    """Write keys, contacts, messages, policy, records into a new file, under a passphrase.

    The daemon may run meanwhile. Files that peers sent are not in it.
    """
    note(_WARNING)
    words = passphrase.for_a_file(passphrase_fd, twice=True)
    with Records(desk) as records:
        made = records.call(calls.Backup(path=str(file.absolute()), passphrase=words))
    rows = [("backup", made.path), ("of", made.amid), ("bytes", made.bytes), ("files", made.files)]
    desk.answer(msgspec.to_builtins(made), render.pairs(rows))


@command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--key-storage", default="auto", show_default=True,
    type=click.Choice(("auto", "keyring", "passphrase", "file")),
    help="Where the key that seals the keys is kept; auto: as it was.",
)  # fmt: skip
@click.option("--replace", is_flag=True, help="Move a home that is there aside, to beside it.")
@_descriptor
def restore(
    desk: Desk, file: Path, key_storage: str, *, replace: bool, passphrase_fd: int | None
) -> None:
    """Make a home of a backup; another home of the same agent must not be used any more.

    All sessions end: what was not confirmed is said in new ones. Keys that were under a passphrase
    are under the backup's from now on. Whom you blocked, what you revoked or changed since the
    backup is as it was then: look at contacts, grants and policy before you start it.
    """
    words = passphrase.for_a_file(passphrase_fd, twice=False)
    asked = offline.Restore(
        path=str(file.absolute()),
        passphrase=words,
        key_storage=msgspec.convert(key_storage, offline.KeyStorage),
        replace=replace,
    )
    with Records(desk) as records:
        found = records.call(asked)
    rows = [("agent", found.amid), ("as of", found.made_at), ("sessions ended", found.sessions)]
    rows.append(("keys in", found.key_storage))
    if found.set_aside:
        rows.append(("home before", found.set_aside))
    told = f"{render.pairs(rows)}\nStart it with `agentmesh up`; never start the old one again."
    desk.answer(msgspec.to_builtins(found), told)
