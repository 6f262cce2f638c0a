"""A malicious registry, by a table of what it does: each lie is found, or what it says is refused.

The registry's log key is the liar's own: it can sign any head it likes.
"""

import base64
import copy
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from agentmesh.discovery.registry import RegistryDirectory
from agentmesh.identity.registry_log import EVIDENT
from agentmesh.protocol.revocation import Revocation
from agentmesh.protocol.signed import Purpose, sign
from tests.support.lying_registry import (
    KEY,
    OTHER_KEY,
    Json,
    Refusal,
    Twist,
    as_json,
    directory,
    head_of,
    lying,
    packed,
    refused,
    registered,
    with_head,
)
from tests.support.registrant import Registrant

ALICE, BOB, CAROL, MALLORY = (Registrant(name) for name in ("alice", "bob", "carol", "mallory"))
LOOKUP, HEAD = "/v1/registry/lookup", "/v1/log/head"
ENTRIES, REVOCATIONS = "/v1/log/entries", "/v1/registry/revocations"
ONE = "/v1/registry/revocation"
Ask = Callable[[RegistryDirectory], Awaitable[object]]
Lie = tuple[str, Ask, Twist]


def only(path: str, change: Callable[[Json], Json]) -> Twist:
    """Change the answers to one path."""
    return lambda asked, answer: change(copy.deepcopy(answer)) if asked == path else answer


def in_log(change: Callable[[Json], Json]) -> Twist:
    """Change the proof in a lookup."""
    return only(LOOKUP, lambda answer: {**answer, "log": change(answer["log"])})


def swapped(text: str) -> str:
    """Return other bytes of the same length."""
    raw = base64.b64decode(text)
    return base64.b64encode(bytes([raw[0] ^ 1]) + raw[1:]).decode()


def refusing(path: str, status: int, code: str) -> Twist:
    """Refuse what is asked at a path."""

    def twist(asked: str, answer: Json) -> Json:
        if asked == path:
            raise Refusal(status, code)
        return answer

    return twist


def refusing_all(*paths: str) -> Twist:
    """Say of what is asked at some paths that it was revoked."""

    def twist(asked: str, answer: Json) -> Json:
        if asked in paths:
            raise Refusal(410, "identity_revoked")
        return answer

    return twist


def lookup(who: Registrant) -> Ask:
    return lambda directory: directory.lookup(who.amid)


async def follow(directory: RegistryDirectory) -> object:
    return await directory.log.follow()


def forged(by: Any, issuer: Any = "key", amid: Any = None) -> str:
    document = Revocation(amid=amid or ALICE.amid, reason="other", issuer=issuer, timestamp=1)
    return packed(sign(document, Purpose.REVOCATION, by))


def other_signature(log: Json) -> Json:
    return {**log, "head": {**log["head"], "signature": swapped(log["head"]["signature"])}}


def for_another_purpose(log: Json) -> Json:
    return {**log, "head": as_json(sign(head_of(log), Purpose.RECORD, KEY))}


def aged(log: Json, milliseconds: int) -> Json:
    return with_head(log, timestamp=head_of(log).timestamp + milliseconds)


NOTHING = base64.b64encode(b"\0" * 32).decode()

# The lie, what is asked, what is changed: and by which word it is refused.
LIES: dict[str, tuple[str, Ask, Twist]] = {
    "another agent's record": (
        "record_swapped",
        lookup(ALICE),
        only(LOOKUP, lambda it: {**it, "record": packed(CAROL.record())}),
    ),
    "a record nobody signed": (
        "record_invalid",
        lookup(ALICE),
        only(
            LOOKUP,
            lambda it: {
                **it,
                "record": packed(sign(ALICE.plain_record(), Purpose.RECORD, MALLORY.key)),
            },
        ),
    ),
    "a record that is not in the log": (
        "log_entry_differs",
        lookup(ALICE),
        only(LOOKUP, lambda it: {**it, "record": packed(ALICE.record(9))}),
    ),
    "no proof": ("log_missing", lookup(ALICE), in_log(lambda it: None)),  # type: ignore[arg-type,return-value]
    "a hash of the path changed": (
        "log_proof_invalid",
        lookup(ALICE),
        in_log(lambda it: {**it, "path": [swapped(it["path"][0]), *it["path"][1:]]}),
    ),
    "a hash of the path left out": (
        "log_proof_invalid",
        lookup(ALICE),
        in_log(lambda it: {**it, "path": it["path"][1:]}),
    ),
    "a hash added to the path": (
        "log_proof_invalid",
        lookup(ALICE),
        in_log(lambda it: {**it, "path": [*it["path"], NOTHING]}),
    ),
    "another place in the log": (
        "log_proof_invalid",
        lookup(ALICE),
        in_log(lambda it: {**it, "index": it["index"] + 1}),
    ),
    "a place beyond the log": (
        "log_proof_invalid",
        lookup(ALICE),
        in_log(lambda it: {**it, "index": 10**6}),
    ),
    "an invented entry": (
        "log_proof_invalid",
        lookup(ALICE),
        in_log(lambda it: {**it, "entry": swapped(it["entry"])}),
    ),
    "a head with a bad signature": ("log_head_invalid", lookup(ALICE), in_log(other_signature)),
    "a head signed for something else": (
        "log_head_invalid",
        lookup(ALICE),
        in_log(for_another_purpose),
    ),
    "a head by another key": (
        "log_key_changed",
        lookup(ALICE),
        in_log(lambda it: with_head(it, OTHER_KEY)),
    ),
    "a head of long ago": ("log_head_stale", lookup(ALICE), in_log(lambda it: aged(it, -301_000))),
    "a head of tomorrow": (
        "log_head_stale",
        lookup(ALICE),
        in_log(lambda it: aged(it, 86_400_000)),
    ),
    "a head with another root": (
        "log_forked",
        lookup(ALICE),
        in_log(lambda it: with_head(it, root=b"r" * 32)),
    ),
    "a larger tree under the same root": (
        "log_forked",
        lookup(ALICE),
        in_log(lambda it: with_head(it, size=head_of(it).size + 1)),
    ),
    "a shorter tree": (
        "log_rolled_back",
        lookup(ALICE),
        in_log(lambda it: with_head(it, size=head_of(it).size - 1)),
    ),
    "an empty tree": ("log_rolled_back", lookup(ALICE), in_log(lambda it: with_head(it, size=0))),
    "fewer revocations": (
        "log_rolled_back",
        lookup(ALICE),
        in_log(lambda it: with_head(it, revocations=0)),
    ),
    "other revocations": (
        "log_forked",
        lookup(ALICE),
        in_log(lambda it: with_head(it, revocations_root=b"r" * 32)),
    ),
    "more revocations than it lists": (
        "log_withheld",
        lookup(ALICE),
        in_log(lambda it: with_head(it, revocations=2, revocations_root=b"r" * 32)),
    ),
    "more revocations than anybody reads": (
        "log_withheld",
        lookup(ALICE),
        in_log(lambda it: with_head(it, revocations=2**40, revocations_root=b"r" * 32)),
    ),
    "revoked, without a revocation": (
        "revocation_unproved",
        lookup(ALICE),
        refusing(LOOKUP, 410, "identity_revoked"),
    ),
    "revoked, and what proves it is refused in the same word": (
        "revocation_unproved",
        lookup(ALICE),
        refusing_all(LOOKUP, ONE),
    ),
    "keys of who was revoked, and no proof": (
        "revocation_unproved",
        lambda directory: directory.bundle(ALICE.amid),
        refusing_all(f"/v1/registry/prekeys/{ALICE.amid}", ONE),
    ),
    "the log is gone": ("log_missing", follow, refusing(HEAD, 404, "not_found")),
    "rubbish for a head": ("registry_malformed", follow, only(HEAD, lambda it: {"head": 7})),
    "a proof of too many hashes": (
        "registry_malformed",
        lookup(ALICE),
        in_log(lambda it: {**it, "path": [NOTHING] * 65}),
    ),
}


async def test_each_lie_is_found(tmp_path: Path, record_property: Callable[..., None]) -> None:
    async with lying(tmp_path) as liar:
        await registered(liar, ALICE, CAROL, MALLORY, BOB)
        async with directory(liar, MALLORY) as mallory:
            await mallory.revoke(MALLORY.revocation())
        found = {}
        for name, (code, ask, twist) in LIES.items():
            async with directory(liar, BOB) as bob:
                assert (await bob.lookup(ALICE.amid)).proved is not None
                liar.twist = twist
                found[name] = await refused(ask(bob))
                liar.be_honest()
                again = await refused(bob.lookup(ALICE.amid))
                assert again == (code if code in EVIDENT else ""), name
        assert found == {name: code for name, (code, _, _) in LIES.items()}
        print(f"{len(found)} lies of a registry: all found")
        record_property("lies", len(found))


async def test_whoever_meets_a_registry_first_believes_it_no_revocation_either(
    tmp_path: Path,
) -> None:
    async with lying(tmp_path) as liar:
        await registered(liar, ALICE, BOB)
        async with directory(liar, BOB) as bob:
            liar.twist = refusing_all(HEAD)
            assert await refused(bob.lookup(ALICE.amid)) == "revocation_unproved"
            liar.be_honest()
            assert await refused(bob.lookup(ALICE.amid)) == ""
