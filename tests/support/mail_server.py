"""A real mail server on loopback, which keeps its letters."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from agentmesh_registry.owners.providers import Mail
from aiosmtpd.smtp import SMTP


class MailServer:
    """Takes every letter."""

    def __init__(self) -> None:
        self.letters: list[tuple[list[str], str]] = []
        self.settings = Mail(host="127.0.0.1", sender="mesh@example.org", starttls=False)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """See aiosmtpd."""
        self.letters.append((list(envelope.rcpt_tos), envelope.content.decode()))
        return "250 OK"


@asynccontextmanager
async def mail_server() -> AsyncIterator[MailServer]:
    """Run a mail server while inside."""
    server = MailServer()
    listener = await asyncio.get_running_loop().create_server(lambda: SMTP(server), "127.0.0.1", 0)
    async with listener:
        port = listener.sockets[0].getsockname()[1]
        server.settings = msgspec.structs.replace(server.settings, port=port)
        yield server
