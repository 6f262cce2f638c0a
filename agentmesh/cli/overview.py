"""What `--help` lists: every command with its whole sentence, and the many under headings."""

from collections.abc import Iterable

import click

SECTIONS = {
    "Begin": ("up", "down", "status", "dashboard", "demo"),
    "Talk": (
        "send", "inbox", "read", "reply", "outcome", "files", "sessions", "kill", "search", "ping",
    ),
    "Say who may talk, and how far": (
        "knocks", "contacts", "invite", "invites", "join", "introduce", "verify", "grants",
        "approvals", "policy", "block", "unblock", "reputation", "rate",
    ),
    "Stop": ("emergency-stop", "pause", "resume", "shutdown", "breakers"),
    "Look back": ("events", "logs", "transcripts", "audit", "receipt"),
    "Find out what is wrong": ("doctor", "netcheck", "bugreport", "bench"),
    "Answer for the agent": (
        "verify-me", "org", "registry", "schemas", "rotate", "revoke", "keygen", "backup",
        "restore", "import",
    ),
    "Let programs in": ("tool", "mcp", "daemon", "service", "completion"),
}  # fmt: skip
"""Every command of `agentmesh` by what it is for (a test says if one is missing)."""

_LONGEST = 200


class Overview(click.Group):
    """A group whose help cuts no sentence short."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands in their order."""
        self.write_section(ctx, formatter, "Commands", self.list_commands(ctx))

    def write_section(
        self, ctx: click.Context, formatter: click.HelpFormatter, title: str, names: Iterable[str]
    ) -> None:
        """Write some commands under a heading."""
        found = ((name, self.get_command(ctx, name)) for name in names)
        rows = [(name, it.get_short_help_str(_LONGEST)) for name, it in found if it is not None]
        with formatter.section(title):
            formatter.write_dl(rows)
