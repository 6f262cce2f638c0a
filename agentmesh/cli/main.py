"""The command `agentmesh`: finds the command, and makes every ending an orderly one.

Commands are loaded when they are used, since a short one should not pay for the others.
"""

import importlib
import keyword
import os
import sys
from typing import TYPE_CHECKING, Any, NoReturn

import click

from agentmesh import __version__
from agentmesh.cli import streams
from agentmesh.cli.desk import Desk, note
from agentmesh.cli.overview import SECTIONS, Overview
from agentmesh.control import failures
from agentmesh.errors import AgentMeshError, UsageError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

INTERRUPTED = 130

COMMANDS = {
    "up": "process", "down": "process", "daemon": "process", "keygen": "process",
    "status": "watching", "logs": "watching", "events": "watching",
    "send": "messages", "inbox": "messages", "read": "messages", "reply": "messages",
    "outcome": "messages", "approvals": "consent.approvals",
    "grants": "consent.grants", "introduce": "consent.grants",
    "files": "files",
    "invite": "consent.invites", "invites": "consent.invites", "join": "consent.invites",
    "search": "peers", "contacts": "peers", "block": "peers", "unblock": "peers",
    "verify": "verify", "verify-me": "verify_me", "reputation": "reputation", "rate": "reputation",
    "transcripts": "records.transcripts", "audit": "records.audit", "receipt": "records.receipt",
    "backup": "records.backup", "restore": "records.backup",
    "knocks": "knocks",
    "sessions": "breakers", "kill": "breakers", "pause": "breakers", "resume": "breakers",
    "shutdown": "breakers", "breakers": "breakers", "emergency-stop": "stopping",
    "policy": "policy", "dashboard": "dashboard",
    "schemas": "schemas", "org": "org", "registry": "registry", "revoke": "registry",
    "rotate": "rotate",
    "tool": "tool", "mcp": "mcp",
    "doctor": "checkup.doctor", "netcheck": "checkup.netcheck", "ping": "checkup.ping",
    "bugreport": "checkup.bugreport", "bench": "checkup.bench", "completion": "completion",
    "import": "moving.imports",
    "service": "service.service", "demo": "demo",
}  # fmt: skip
"""A command, and the module of this package that has it under the same name."""


class Commands(Overview):
    """The commands by name; one that is misspelt is guessed at."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load the module that has the command."""
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        # A word of Python's own, `import`, has an underscore behind it.
        name = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name.replace("-", "_")
        found = getattr(importlib.import_module(f"agentmesh.cli.{module}"), name)
        return found if isinstance(found, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by what they are for."""
        for title, names in SECTIONS.items():
            self.write_section(ctx, formatter, title, names)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """Return names that begin like this, without loading what they name."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415 - only for Tab

        names = [CompletionItem(it) for it in COMMANDS if it.startswith(incomplete)]
        return names or click.Command.shell_complete(self, ctx, incomplete)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments name."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            raise UsageError(
                "unknown_command", f"There is no command {args[0]!r}.", _guess(args[0])
            )
        return super().resolve_command(ctx, args)


@click.command("agentmesh", cls=Commands)
@click.option("--json", is_flag=True, expose_value=False, help="Print one JSON document.")
@click.version_option(__version__, prog_name="agentmesh")
def cli() -> None:
    """Send end-to-end encrypted messages between AI agents of different owners.

    Start with `agentmesh up`, see how it is with `agentmesh status`.
    """


def main() -> NoReturn:
    """Run the command line of this process."""
    streams.fill_gaps()
    streams.hear_interrupts()
    code = _completed()
    if code is None:
        code = run(sys.argv[1:])
    sys.exit(streams.closed(code))


def _completed() -> int | None:
    """Answer a shell where Tab was pressed; None if it was not."""
    if "_AGENTMESH_COMPLETE" not in os.environ:
        return None
    from agentmesh.cli.completion import answered  # noqa: PLC0415 - only for Tab

    return answered(cli)


def run(arguments: list[str], **setting: Any) -> int:
    """Run one command and return its exit code; nothing is raised. `setting` is the desk's."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    desk = Desk(as_json="--json" in options, **setting)
    try:
        if desk.as_json and ("--help" in options or "--version" in options):
            return _show_as_json(desk, arguments)
        return _invoke(desk, arguments)
    except AgentMeshError as error:
        return _failed(desk, error)
    except click.ClickException as error:
        return _failed(desk, UsageError("usage_error", error.format_message(), _help_for(error)))
    except (click.Abort, KeyboardInterrupt, EOFError):  # EOF: Ctrl-D where something is asked
        return INTERRUPTED
    except BrokenPipeError:
        return streams.BROKEN_PIPE
    except OSError as error:
        return _failed(desk, streams.failure(error))
    except Exception as error:  # noqa: BLE001 - people get a sentence, never a traceback
        return _confess(desk, error)


def _invoke(desk: Desk, arguments: list[str]) -> int:
    try:
        with cli.make_context("agentmesh", list(arguments), obj=desk) as context:
            cli.invoke(context)
    except click.exceptions.NoArgsIsHelpError as error:
        if desk.as_json:
            raise UsageError("usage_error", "No command is named.", _TRY_HELP) from None
        note(error.format_message())
        return 2
    except click.exceptions.Exit as ending:
        return ending.exit_code
    return 0


def _show_as_json(desk: Desk, arguments: list[str]) -> int:
    import contextlib  # noqa: PLC0415 - only here
    import io  # noqa: PLC0415

    with contextlib.redirect_stdout(io.StringIO()) as shown:
        code = _invoke(Desk(as_json=False), arguments)
    desk.answer({"text": shown.getvalue()}, "")
    return code


def _failed(desk: Desk, error: AgentMeshError) -> int:
    """Say what is wrong, on stderr if stdout takes nothing, and return the exit code."""
    if error.code == "unknown_call" and not error.hint:
        error = UsageError(error.code, error.message, _OTHER_VERSION)
    try:
        desk.fail(error)
    except BrokenPipeError:
        return streams.BROKEN_PIPE
    except OSError:
        streams.last_words(error)
    return failures.kind_of(error).exit_code


def _confess(desk: Desk, error: Exception) -> int:
    code = _failed(desk, failures.internal_error())
    if os.environ.get("AGENTMESH_DEBUG"):
        import traceback  # noqa: PLC0415 - only here

        note("".join(traceback.format_exception(error)))
    return code


_OTHER_VERSION = "The daemon is of another version: agentmesh down && agentmesh up"
_TRY_HELP = "See `agentmesh --help`."
_ALIKE = 0.7
"""Below it a guess is no help: `rotate`, which cannot be taken back, is somewhat like a lot."""


def _guess(word: str) -> str:
    import difflib  # noqa: PLC0415 - only for misspelt words

    near = difflib.get_close_matches(word, COMMANDS, n=1, cutoff=_ALIKE)
    return f"Did you mean `agentmesh {near[0]}`?" if near else _TRY_HELP


def _help_for(error: click.ClickException) -> str:
    context: Any = getattr(error, "ctx", None)
    return f"See `{context.command_path} --help`." if context else _TRY_HELP
