"""A malicious registry's pages: whatever is not the log that its head says is found."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from agentmesh.identity.registry_log import EVIDENT
from agentmesh.protocol.transparency import LogEntry
from tests.support.lying_registry import Json, Liar, Twist, directory, lying, refused, registered
from tests.support.registrant import Registrant

AGENTS = [Registrant(f"agent {number}") for number in range(6)]
ALICE, BOB, *_ = AGENTS
ENTRIES, REVOCATIONS, HEAD = "/v1/log/entries", "/v1/registry/revocations", "/v1/log/head"
STEPS = "consistency"


def page(path: str, change: Callable[[list[str]], Any]) -> Twist:
    """Change the entries of a page."""

    def twist(asked: str, answer: Json) -> Json:
        return {**answer, "entries": change(answer["entries"])} if asked == path else answer

    return twist


def steps(change: Callable[[list[str]], Any]) -> Twist:
    """Change what a head brings to show that the log only grew."""

    def twist(asked: str, answer: Json) -> Json:
        return {**answer, STEPS: change(answer[STEPS])} if asked == HEAD else answer

    return twist


def later(asked: str, answer: Json) -> Json:
    """Begin the page elsewhere."""
    return {**answer, "start": 1} if asked == ENTRIES else answer


def changed(text: str) -> str:
    entry = msgspec.msgpack.decode(base64.b64decode(text), type=LogEntry)
    other = msgspec.structs.replace(entry, document=b"o" * 32)
    return base64.b64encode(msgspec.msgpack.encode(other)).decode()


NO_FORM = base64.b64encode(b"\xc1").decode()
LIES: dict[str, tuple[str, Twist]] = {
    "entries in another order": ("log_forked", page(ENTRIES, lambda it: it[::-1])),
    "a changed entry": ("log_forked", page(ENTRIES, lambda it: [changed(it[0]), *it[1:]])),
    "one entry twice, one not at all": (
        "log_forked",
        page(ENTRIES, lambda it: [it[0], *it[:-1]]),
    ),
    "an entry less": ("log_forked", page(ENTRIES, lambda it: [*it[:-1], it[0]])),
    "no entries": ("log_withheld", page(ENTRIES, lambda _: [])),
    "entries beyond the head": ("log_withheld", page(ENTRIES, lambda it: [*it, it[0]])),
    "entries of elsewhere": ("log_withheld", later),
    "an entry of no form": ("log_entry_malformed", page(ENTRIES, lambda it: [NO_FORM, *it[1:]])),
    "no proof of growth": ("log_forked", steps(lambda _: [])),
    "a proof of growth in another order": ("log_forked", steps(lambda it: it[::-1])),
    "a proof of growth cut short": ("log_forked", steps(lambda it: it[:-1])),
    "a revocation left out": ("log_withheld", page(REVOCATIONS, lambda _: [])),
    "another revocation": ("log_forked", page(REVOCATIONS, lambda it: [changed(it[0])])),
    "a revocation too many": ("log_withheld", page(REVOCATIONS, lambda it: [*it, it[0]])),
}


async def test_each_lie_is_found(tmp_path: Path, record_property: Callable[..., None]) -> None:
    async with lying(tmp_path) as liar:
        await registered(liar, *AGENTS[:3])
        found = {}
        for number, (name, (_, twist)) in enumerate(LIES.items(), 2):
            async with directory(liar, BOB) as bob:
                await bob.log.follow()
                await grow(liar, number)
                liar.twist = twist
                found[name] = await refused(bob.log.follow())
                liar.be_honest()
                again = await refused(bob.log.follow())
                assert again == (found[name] if found[name] in EVIDENT else ""), name
        assert found == {name: code for name, (code, _) in LIES.items()}
        print(f"{len(found)} lies in a registry's pages: all found")
        record_property("lies", len(found))


async def grow(liar: Liar, sequence: int) -> None:
    """Let three records come into the log, and a revocation."""
    for agent in AGENTS[:3]:
        async with directory(liar, agent) as mine:
            await mine.register(agent.record(sequence))
    newcomer = Registrant(f"newcomer {sequence}")
    await registered(liar, newcomer)
    async with directory(liar, newcomer) as theirs:
        await theirs.revoke(newcomer.revocation())


async def test_what_is_new_is_told_once(tmp_path: Path) -> None:
    async with lying(tmp_path) as liar:
        await registered(liar, *AGENTS[:2])
        async with directory(liar, BOB) as bob:
            assert (await bob.log.follow()).entries == ()
            await registered(liar, AGENTS[2])
            news = await bob.log.follow()
            assert (news.start, len(news.entries), news.more) == (2, 1, False)
            assert (await bob.log.follow()).entries == news.entries, "it was not acted upon"
            await bob.log.done(news)
            news = await bob.log.follow()
            await bob.log.done(news)
            assert (news.start, news.entries) == (3, ())
