"""The command that calls a mesh_* tool as a host does."""

import click
import msgspec

from agentmesh.cli.desk import Desk, command
from agentmesh.errors import UsageError
from agentmesh.tools.catalog import TOOLS
from agentmesh.tools.tool import attempt


@command("tool")
@click.argument("name", required=False)
@click.argument("arguments", metavar="JSON", default="{}")
@click.option("--list", "listing", is_flag=True, help="Show every tool with its schema.")
def tool(desk: Desk, *, name: str | None, arguments: str, listing: bool) -> None:
    """Call the tool NAME with JSON arguments; it answers one JSON object."""
    if listing:
        listed = [
            {"name": it.name, "description": it.description, "parameters": it.schema}
            for it in TOOLS.values()
        ]
        desk.answer({"tools": listed}, msgspec.json.format(msgspec.json.encode(listed)).decode())
        return
    if name is None:
        raise UsageError("usage_error", "No tool is named.", _KNOWN)
    found = TOOLS.get(name)
    if found is None:
        raise UsageError("unknown_tool", f"There is no tool {name!r}.", _KNOWN)
    try:
        given = msgspec.json.decode(arguments.encode())
    except (ValueError, RecursionError):
        raise UsageError("invalid_argument", "The arguments are not JSON.") from None
    answer, exit_code = attempt(found, given, desk.home)
    ok = answer.pop("ok")
    desk.write_raw(msgspec.json.encode(answer), ok=ok)
    raise click.exceptions.Exit(exit_code)


_KNOWN = f"The tools are {', '.join(TOOLS)}."
