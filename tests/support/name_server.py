"""A real name server on loopback, over UDP, with the TXT records that a test puts there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agentmesh_registry.config import Address
from dnslib import QTYPE, RCODE, RR, TXT, DNSHeader, DNSRecord


class NameServer(asyncio.DatagramProtocol):
    """Answers with what it has; what it has not is not there. It can be silent, or refuse."""

    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {}
        self.asked: list[str] = []
        self.is_silent = False
        self.refuses = False
        self.address = Address("127.0.0.1", 0)
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport
        host, port = transport.get_extra_info("sockname")
        self.address = Address(host, port)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        request = DNSRecord.parse(data)
        name = str(request.q.qname).rstrip(".")
        self.asked.append(name)
        if self.is_silent or self._transport is None:
            return
        header = DNSHeader(id=request.header.id, qr=1, aa=1, ra=1)
        reply = DNSRecord(header, q=request.q)
        for text in self.texts.get(name, ()):
            parts = [text[at : at + 255] for at in range(0, len(text), 255)]
            reply.add_answer(RR(name, QTYPE.TXT, rdata=TXT(parts), ttl=1))
        if name not in self.texts:
            reply.header.rcode = RCODE.NXDOMAIN
        if self.refuses:
            reply.header.rcode = RCODE.REFUSED
        self._transport.sendto(reply.pack(), addr)


@asynccontextmanager
async def name_server() -> AsyncIterator[NameServer]:
    """Run a name server while inside."""
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(NameServer, local_addr=("127.0.0.1", 0))
    try:
        yield server
    finally:
        transport.close()
