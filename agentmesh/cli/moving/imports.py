"""The command `import`: moving in from openclaw-p2p, or from the 0.2 draft of AgentMesh."""

from pathlib import Path
from typing import Any

import click
import msgspec

from agentmesh.cli import render
from agentmesh.cli.desk import Desk, command, group
from agentmesh.cli.moving import openclaw, program
from agentmesh.control import answers, calls

_dry_run = click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")


@group("import")
def import_(context: click.Context) -> None:
    """Move in from somewhere else, or list who is known from there."""
    if context.invoked_subcommand is None:
        context.obj.ask(calls.AcquaintancesList(), _show)


@command("list")
def _list(desk: Desk) -> None:
    """List the peers that are known from elsewhere, and not met here yet."""
    desk.ask(calls.AcquaintancesList(), _show)


@command("p2p")
@click.argument("path", type=click.Path(path_type=Path), default=Path("~/.p2p"))
@_dry_run
def _p2p(desk: Desk, *, path: Path, dry_run: bool) -> None:
    """Keep what openclaw-p2p (~/.p2p) knew of its peers: names, descriptions, scope notes.

    Its identity stays there: keys that were made for another protocol are not used for this one.
    Peers have new keys here, too, so they cannot be written to until they show up; then say who it
    is with `agentmesh import bind`. Levels of trust are not taken over.
    """
    found = openclaw.read(path.expanduser())
    added: list[str] = []
    if not dry_run and found.peers:
        with desk.client() as client:
            added = client.call(calls.AcquaintancesAdd(peers=found.peers)).added
    keys = {
        "imported": len(added),
        "already_known": 0 if dry_run else len(found.peers) - len(added),
        "dry_run": dry_run,
        "identity_found": found.has_identity,
        "identity_imported": False,
        "peers": msgspec.to_builtins(found.peers),
        "remarks": found.remarks,
    }
    desk.answer(keys, _told(found, None if dry_run else len(added)))


@command("bind")
@click.argument("name")
@click.argument("peer")
@click.option("--alias", metavar="NAME", help="Another name than the one it had.")
def _bind(desk: Desk, *, name: str, peer: str, alias: str | None) -> None:
    """Say that PEER (its AMID) is the one that was called NAME elsewhere; it becomes a contact."""
    desk.ask(calls.AcquaintancesBind(known_as=name, peer=peer, alias=alias), _show_bound)


@command("agentmesh-0.2")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--new-keys", is_flag=True, help="Begin with fresh keys, and so with another AMID.")
@click.option(
    "--key-storage", type=click.Choice(("auto", "keyring", "passphrase", "file")), default="auto"
)
@_dry_run
def _draft(desk: Desk, *, path: Path, dry_run: bool, new_keys: bool, key_storage: str) -> None:
    """Move a home of the AgentMesh 0.2 draft in: keys, policy, contacts, capabilities.

    The AMID stays the same. 0.2 kept its private key in the clear: with --new-keys you begin anew.
    It needs an empty home, since keys that exist are never overwritten. Sessions stay behind.
    """
    arguments = ["--from", str(path.expanduser().absolute()), "--key-storage", key_storage]
    arguments += ["--dry-run"] if dry_run else []
    arguments += ["--new-keys"] if new_keys else []
    report = program.run(desk, arguments)
    desk.answer(report, _show_moved(report))


for _each in (_list, _p2p, _bind, _draft):
    import_.add_command(_each)


def _told(found: openclaw.Read, added: int | None) -> str:
    """Return what was found and done; `added` is None in a dry run."""
    count = len(found.peers)
    lines = [render.clean(f"{it.alias or '-'}  {it.former_id}") for it in found.peers]
    if added is None:
        lines.append(f"{count} peers would be kept, as known from elsewhere. Nothing was done.")
    else:
        lines.append(f"{added} peers are kept, as known from elsewhere.")
        if count > added:
            lines.append(f"{count - added} were kept before; they stay as they are.")
    lines += [render.clean(it) for it in found.remarks]
    if found.has_identity:
        lines.append("The identity there was left alone: this agent has keys of its own.")
    if found.peers:
        lines.append(
            "They cannot be written to yet: they need AgentMesh, too, and have another address"
            " there. Tell them yours (agentmesh status). When one knocks: agentmesh import bind"
            " NAME AMID"
        )
    return "\n".join(lines)


def _show(found: answers.Acquaintances) -> str:
    if not found.acquaintances:
        return "Nobody is known from elsewhere."
    rows = (
        (it.alias or "-", it.former_id, "yes" if it.approved else "no", it.description)
        for it in found.acquaintances
    )
    return render.table(("ALIAS", "KNOWN AS", "WAS LET IN", "DESCRIPTION"), rows)


def _show_bound(it: answers.Kept) -> str:
    return render.clean(f"{render.who(it.contact.alias, it.contact.amid)} is a contact now.")


def _show_moved(report: dict[str, Any]) -> str:
    if report["already_imported"]:
        return f"{report['amid']} has its keys here already; nothing was changed."
    lines = [
        f"amid          {report['amid']} ({'kept' if report['identity_imported'] else 'new'})"
        if report["amid"]
        else "amid          a new one",
        f"policy        {len(report['policy'])} fields",
        f"contacts      {len(report['contacts'])}",
        f"capabilities  {len(report['capabilities'])}",
        *report["remarks"],
    ]
    if report["dry_run"]:
        lines.append("This would be taken over. Nothing was done.")
    else:
        lines.append("Start it with `agentmesh up`, then delete the old home: its key is in clear.")
    return "\n".join(map(render.clean, lines))
