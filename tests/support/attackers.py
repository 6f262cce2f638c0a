"""Those who wear a relay down: `python -m tests.support.attackers KIND HOST:PORT COUNT`.

    silent      opens a socket and says nothing
    slowloris   sends its header a byte a second
    liar        makes a wrong claim, again and again
    deaf        is an agent to which a lot is sent, and reads nothing

Prints `under way after SECONDS` when all have tried once, `all are gone` when all were cut. At
SIGTERM: how many were cut off, how many seconds the one held out that held out longest, and how
often in a second one lied, or was shut out before it could. They stand back for everybody else on
the machine, as if they had their own: how the relay bears them is asked, not how they starve those
who ask. What they print tells whether they did what they should all the same.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping

import uvloop
import websockets
from nacl.signing import SigningKey

from agentmesh.observability.world import SystemClock
from agentmesh.protocol.ids import amid_of
from agentmesh.protocol.relay_frames import (
    Challenge,
    Connected,
    Presence,
    decode_from_relay,
    encode,
)
from benchmarks.load.descriptors import raise_limit, source
from tests.support.relay_client import claim_for, message

AT_ONCE = 200
FIRST_SOURCE = 50_000
"""Attackers come from other addresses than those who are honest."""

HEADER = b"GET /v1/connect HTTP/1.1\r\nHost: relay.example.org\r\nX: " + b"x" * 100
A_PONG = b"\x8a\x80\x00\x00\x00\x00"
LARGE = bytes(60_000)
LETTERS = 3
"""So many of them are for each that is deaf."""
LITTLE = 4096
ESTABLISHED = b"\x01"
"""How TCP_INFO begins while a connection is up."""
MEEKNESS = 19

_clock = SystemClock()


class Fates:
    """What became of them."""

    def __init__(self) -> None:
        self.cut = 0
        self.longest = 0.0
        self.lies = 0

    def end(self, held_out: float, count: int) -> None:
        """Count one that was cut off."""
        self.cut += 1
        self.longest = max(self.longest, held_out)
        if self.cut == count:
            print("all are gone", flush=True)

    def lie(self) -> None:
        """Count a lie, or an attempt at one that was shut out."""
        self.lies += 1


Opened = Callable[[], None]


async def silent(url: str, number: int, opened: Opened, _: Fates) -> None:
    reader, writer = await _socket(url, number)
    opened()
    await reader.read()
    writer.close()


async def slowloris(url: str, number: int, opened: Opened, _: Fates) -> None:
    reader, writer = await _socket(url, number)
    opened()
    gone = asyncio.ensure_future(reader.read())
    for letter in HEADER:
        writer.write(bytes((letter,)))
        done, _ = await asyncio.wait({gone}, timeout=1)
        if done:
            break
    gone.cancel()
    writer.close()


async def liar(url: str, number: int, opened: Opened, fates: Fates) -> None:
    key = SigningKey.generate()
    while True:
        with contextlib.suppress(OSError, EOFError, websockets.WebSocketException):
            async with _websocket(url, number) as wire:
                challenge = decode_from_relay(await wire.recv(decode=False))
                if isinstance(challenge, Challenge):
                    await wire.send(encode(claim_for(challenge, key, nonce=bytes(32))))
                    await wire.recv(decode=False)
        fates.lie()
        opened()


async def deaf(url: str, number: int, opened: Opened, _: Fates) -> None:
    async with _websocket(url, number) as wire:
        challenge = decode_from_relay(await wire.recv(decode=False))
        assert isinstance(challenge, Challenge)
        key = SigningKey.generate()
        await wire.send(encode(claim_for(challenge, key)))
        assert isinstance(decode_from_relay(await wire.recv(decode=False)), Connected)
        me = amid_of(bytes(key.verify_key))
        await wire.send(encode(Presence(status="online", visible_to=(me,))))
        wire.transport.pause_reading()
        for number in range(LETTERS):
            await wire.send(encode(message(me, str(number), LARGE)))
        opened()
        while _is_up(wire.transport.get_extra_info("socket")):
            wire.transport.write(A_PONG)  # whoever reads nothing learns of the end by writing
            await asyncio.sleep(0.25)


KINDS: Mapping[str, Callable[[str, int, Opened, Fates], Awaitable[None]]] = {
    "silent": silent,
    "slowloris": slowloris,
    "deaf": deaf,
    "liar": liar,
}


async def _socket(url: str, number: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, _, port = url.removeprefix("ws://").partition("/")[0].partition(":")
    here = (source(number), 0)
    return await asyncio.open_connection(host, int(port), local_addr=here)


def _is_up(held: socket.socket) -> bool:
    info = held.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1) if held.fileno() >= 0 else b""
    return info == ESTABLISHED


def _websocket(url: str, number: int) -> websockets.connect:
    host, _, port = url.removeprefix("ws://").partition("/")[0].partition(":")
    wire = socket.socket()
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LITTLE)
    wire.bind((source(number), 0))
    wire.connect((host, int(port)))
    return websockets.connect(
        url, sock=wire, compression=None, ping_interval=None, close_timeout=1, open_timeout=60
    )


async def attack(kind: str, url: str, count: int) -> None:
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    fates, room = Fates(), asyncio.Semaphore(AT_ONCE)
    opened: dict[int, float] = {}
    under_way = asyncio.Event()

    async def one(number: int) -> None:
        await room.acquire()

        def now_open() -> None:
            if number not in opened:
                opened[number] = _clock.monotonic()
                room.release()
            if len(opened) == count:
                under_way.set()

        with contextlib.suppress(OSError, EOFError, websockets.WebSocketException):
            await KINDS[kind](url, number, now_open, fates)
        now_open()
        fates.end(_clock.monotonic() - opened[number], count)

    began = _clock.monotonic()
    first = FIRST_SOURCE + 20_000 * list(KINDS).index(kind)
    attackers = [asyncio.ensure_future(one(first + number)) for number in range(count)]
    await under_way.wait()
    print(f"under way after {_clock.monotonic() - began:.1f}", flush=True)
    await over.wait()
    lies_a_second = fates.lies / (_clock.monotonic() - began)
    found = {"cut": fates.cut, "longest": fates.longest, "lies_a_second": lies_a_second}
    print(json.dumps({name: round(it, 1) for name, it in found.items()}), flush=True)
    for attacker in attackers:
        attacker.cancel()
    await asyncio.wait(attackers, timeout=10)


if __name__ == "__main__":
    raise_limit()
    os.nice(MEEKNESS)
    uvloop.run(attack(sys.argv[1], sys.argv[2], int(sys.argv[3])))
