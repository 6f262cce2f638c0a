"""A malicious registry with several histories of one log: nobody is shown two of them unnoticed."""

import base64
from collections.abc import Callable
from pathlib import Path

import msgspec

from agentmesh.discovery.registry import RegistryDirectory
from agentmesh.protocol.revocation import Revocation
from agentmesh.protocol.signed import Purpose, sign
from tests.support.lying_registry import (
    OTHER_KEY,
    Json,
    Liar,
    Refusal,
    Twist,
    directory,
    lying,
    packed,
    refused,
    registered,
)
from tests.support.registrant import Registrant

ALICE, BOB, CAROL, MALLORY = (Registrant(name) for name in ("alice", "bob", "carol", "mallory"))
LOOKUP, ONE = "/v1/registry/lookup", "/v1/registry/revocation"
VIEWS = {
    "split": "log_forked",
    "longer": "log_forked",
    "short": "log_rolled_back",
    "other": "log_key_changed",
}


async def fill(liar: Liar, view: str, *agents: Registrant) -> None:
    liar.view = view
    await registered(liar, *agents)
    liar.be_honest()


async def test_each_other_history_is_found(
    tmp_path: Path, record_property: Callable[..., None]
) -> None:
    async with lying(tmp_path, *VIEWS) as liar:
        await fill(liar, "true", ALICE, BOB)
        await fill(liar, "split", ALICE, CAROL)
        await fill(liar, "longer", ALICE, CAROL, BOB, MALLORY)
        await fill(liar, "short", ALICE)
        await fill(liar, "other", ALICE, BOB)
        found, told = {}, {}
        for view in VIEWS:
            async with directory(liar, BOB) as bob, directory(liar, CAROL) as carol:
                await bob.lookup(ALICE.amid)
                liar.view = view
                await carol.lookup(ALICE.amid)
                head = carol.log.book.head.signed  # type: ignore[union-attr]
                found[view] = await refused(bob.lookup(ALICE.amid))
                liar.be_honest()
            async with directory(liar, BOB) as bob:
                await bob.lookup(ALICE.amid)
                told[view] = await refused(bob.log.proves(head))
        assert found == VIEWS
        # By a peer's head: another log's is nothing, an older one of the same log is in order.
        assert told == {"split": "log_forked", "longer": "log_forked", "short": "", "other": ""}
        print(f"{len(found) + 2} other histories: all found")
        record_property("lies", len(found) + 2)


async def with_proof(liar: Liar, index: int, record: str, answer: Json) -> Twist:
    """Return a twist that shows a record with the true proof of its entry."""
    true = liar.views["true"]
    head = (await true.get("/v1/log/head")).json
    size = msgspec.msgpack.decode(_bytes(head["head"]["payload"]))["size"]
    proof = (await true.get(f"/v1/log/proof?index={index}&size={size}")).json
    log = {"head": head["head"], "index": index, "entry": proof["entry"], "path": proof["path"]}
    shown = {**answer, "record": record, "log": {**log, "consistency": []}}
    return lambda path, said: shown if path == LOOKUP else said


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)


async def test_an_older_record_with_its_true_proof_is_found(tmp_path: Path) -> None:
    async with lying(tmp_path) as liar:
        await fill(liar, "true", ALICE, BOB)
        old = (await liar.views["true"].lookup(ALICE)).json
        async with directory(liar, ALICE) as alice:
            await alice.register(ALICE.record(2))
        async with directory(liar, BOB) as bob:
            await bob.lookup(ALICE.amid)
            liar.twist = await with_proof(liar, 0, old["record"], old)
            assert await refused(bob.lookup(ALICE.amid)) == "record_rolled_back"


async def test_a_revocation_that_lookups_keep_quiet_is_found(tmp_path: Path) -> None:
    async with lying(tmp_path) as liar:
        await fill(liar, "true", ALICE, BOB)
        old = (await liar.views["true"].lookup(ALICE)).json
        async with directory(liar, ALICE) as alice:
            await alice.revoke(ALICE.revocation())
        liar.twist = await with_proof(liar, 0, old["record"], old)
        async with directory(liar, BOB) as bob:
            assert await refused(bob.lookup(ALICE.amid)) == "revocation_dropped"
            assert await refused(bob.lookup(ALICE.amid)) == "identity_revoked"
            liar.be_honest()
            assert await refused(bob.bundle(ALICE.amid)) == "identity_revoked"
            assert (await bob.log.revocation(ALICE.amid)).revocation.reason == "key_compromise"


async def test_a_revocation_that_nobody_made_is_not_believed(tmp_path: Path) -> None:
    document = Revocation(amid=ALICE.amid, reason="other", issuer="key", timestamp=1)
    by_registry = msgspec.structs.replace(document, issuer="registry")
    forged = {
        "another agent's": sign(document, Purpose.REVOCATION, MALLORY.key),
        "another registry's": sign(by_registry, Purpose.REVOCATION, OTHER_KEY),
        "not in the log": ALICE.revocation(),
    }
    async with lying(tmp_path) as liar:
        await fill(liar, "true", ALICE, BOB, MALLORY)
        async with directory(liar, MALLORY) as mallory:
            await mallory.revoke(MALLORY.revocation())
        true = (await liar.views["true"].get(f"{ONE}?amid={MALLORY.amid}")).json
        for name, signed in forged.items():
            shown = {**true, "amid": ALICE.amid, "revocation": packed(signed)}

            def twist(path: str, answer: Json, shown: Json = shown) -> Json:
                if path == LOOKUP:
                    raise Refusal(410, "identity_revoked")
                return shown if path == ONE else answer

            async with directory(liar, BOB) as bob:
                await _meet(bob)
                liar.twist = twist
                assert await refused(bob.lookup(ALICE.amid)) == "log_entry_differs", name
                liar.be_honest()
                assert await refused(bob.lookup(ALICE.amid)) == "", name


async def _meet(directory_: RegistryDirectory) -> None:
    await directory_.log.ready()
