"""What is measured, the same for everybody: first contacts, ping-pong, a flood.

Run by AgentMesh's agents and by those of other messengers, under their own interpreter: nothing but
the standard library is imported here. One agent asks, the other answers:

    `h<n>`          the first message of a fresh sender: the answer is the time it arrived
    `p<text>`       ping: the answer is the same text
    `f<n>:<text>`   one of n messages of a flood: the answer to the last is how many came, and when

Times are `time.monotonic_ns`, which all processes of a machine share.

First contacts are of two kinds. The very first, between two programs that never had one, is *cold*.
Then every sender meets that answerer, and after it another one: these count as its first contacts.
So everybody's code has run before, whether senders share a process or have one each.
"""

import os
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

SIZE = 256  # bytes of text in a message
SEND_TIMEOUT = 60.0

T = TypeVar("T")
Send = Callable[[str], Awaitable[object]]
Receive = Callable[[], Awaitable[str]]


def setting(name: str, default: int) -> int:
    """Return a number from the environment."""
    return int(os.environ.get(name, default))


FLOOD = setting("BENCH_FLOOD", 5000)
PINGS = setting("BENCH_PINGS", 500)
CONTACTS = setting("BENCH_CONTACTS", 5)


class Answering:
    """The side that answers: it counts what came and says so."""

    def __init__(self) -> None:
        self._flooded = 0

    def answer(self, text: str) -> str | None:
        """Return what to send back for one message, or None."""
        now = time.monotonic_ns()
        match text[:1]:
            case "h":
                return f"h{now}"
            case "p":
                return text
            case "f":
                return self._count(int(text[1:].split(":", 1)[0]), now)
            case _:
                return None

    def _count(self, expected: int, now: int) -> str | None:
        self._flooded += 1
        if self._flooded < expected:
            return None
        count, self._flooded = self._flooded, 0
        return f"f{count}:{now}"


def filled(head: str) -> str:
    """Return a text of the measured size."""
    return head.ljust(SIZE, "x")


async def first_message(started: int, send: Send, receive: Receive) -> float:
    """Return the milliseconds from `started` until a fresh sender's first message arrived."""
    await send(filled("h"))
    answer = await receive()
    return (int(answer[1:]) - started) / 1e6


async def first_contacts(meet: Callable[[int, int], Awaitable[T]]) -> tuple[T, list[T]]:
    """Let each sender meet answerer 0, and then 1; return the cold contact, and those with 1."""
    cold, *_ = [await meet(sender, 0) for sender in range(CONTACTS)]
    return cold, [await meet(sender, 1) for sender in range(CONTACTS)]


async def round_trips(send: Send, receive: Receive) -> list[float]:
    """Return the milliseconds of each ping until its answer is here."""
    taken = []
    for number in range(PINGS):
        text = filled(f"p{number}:")
        started = time.monotonic_ns()
        await send(text)
        if await receive() != text:
            raise RuntimeError("a ping was answered by something else")
        taken.append((time.monotonic_ns() - started) / 1e6)
    return taken


async def flood(
    send_all: Callable[[Sequence[str]], Awaitable[object]], receive: Receive, count: int = FLOOD
) -> float:
    """Return messages a second, from the first send to the last arrival."""
    texts = [filled(f"f{count}:{number}:") for number in range(count)]
    started = time.monotonic_ns()
    await send_all(texts)
    came, _, ended = (await receive())[1:].partition(":")
    return int(came) / (int(ended) - started) * 1e9


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` of all lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def figures(
    contacts: tuple[float, Sequence[float]], pings: Sequence[float], rate: float
) -> dict[str, float]:
    """Return what one run of the plan found."""
    cold, met = contacts
    return {
        "first_message_ms": statistics.median(met),
        "first_message_cold_ms": cold,
        "round_trip_p50_ms": percentile(pings, 0.5),
        "round_trip_p99_ms": percentile(pings, 0.99),
        "one_way_per_second": rate,
    }
