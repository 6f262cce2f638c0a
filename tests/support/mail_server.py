"""A real mail server on loopback, which keeps its letters."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from agentmesh_registry.owners.providers import Mail
from aiosmtpd.smtp import SMTP


class MailServer:
    """Takes every letter, but those to an address that it is told not to know."""

    def __init__(self) -> None:
        self.unknown = ""
        self.letters: list[tuple[list[str], str]] = []
        self.settings = Mail(host="127.0.0.1", sender="mesh@example.org", starttls=False)

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        """See aiosmtpd."""
        if address == self.unknown:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

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
