"""A head counts if it goes on from the last one."""

import msgspec
import pytest
from nacl.signing import SigningKey

from agentmesh.identity.registry_log import (
    KnownHead,
    LogFault,
    check_fresh,
    check_successor,
    entry_in,
    known_head,
    proved_entry,
)
from agentmesh.protocol.merkle import EMPTY, Frontier, leaf_hash
from agentmesh.protocol.signed import Purpose, sign
from agentmesh.protocol.transparency import LogEntry, LogProof, TreeHead

KEY, OTHER = SigningKey(b"k" * 32), SigningKey(b"o" * 32)
ENTRY = msgspec.msgpack.encode(
    LogEntry(kind="record", subject=b"s" * 32, document=b"d" * 32, previous=None, timestamp=1)
)


def head(size: int, key: SigningKey = KEY, **changes: object) -> KnownHead:
    """Return the head of a log with so many times the same entry."""
    grown = Frontier()
    for _ in range(size):
        grown, _ = grown.grown(leaf_hash(ENTRY))
    tree = TreeHead(
        size=size, root=grown.stand.root, revocations=0, revocations_root=EMPTY, timestamp=10**6
    )
    return known_head(sign(msgspec.structs.replace(tree, **changes), Purpose.TREE_HEAD, key))


def fault(old: KnownHead, new: KnownHead, *path: bytes) -> LogFault:
    with pytest.raises(LogFault) as caught:
        check_successor(old, new, path)
    return caught.value


def test_the_same_log_and_a_grown_one_go_on() -> None:
    check_successor(head(1), head(1, timestamp=2), ())
    check_successor(head(1), head(2), (leaf_hash(ENTRY),))
    check_successor(head(0), head(2), ())


@pytest.mark.parametrize(
    ("new", "code"),
    [
        (head(2, OTHER), "log_key_changed"),
        (head(1), "log_rolled_back"),
        (head(2, root=b"r" * 32), "log_forked"),
        (head(3), "log_forked"),
        (head(2, revocations_root=b"r" * 32), "log_forked"),
    ],
)
def test_what_does_not_go_on_is_shown_by_both_heads(new: KnownHead, code: str) -> None:
    old = head(2)
    found = fault(old, new)
    assert (found.code, found.heads) == (code, (old.signed, new.signed))


@pytest.mark.parametrize("age", [-61, 301])
def test_a_head_is_of_now(age: float) -> None:
    check_fresh(head(1), 1000)
    with pytest.raises(LogFault, match="seconds ago"):
        check_fresh(head(1), 1000 + age)


def test_an_entry_is_where_it_is_said_to_be() -> None:
    proof = LogProof(head=head(1).signed, index=0, entry=ENTRY, path=())
    assert proved_entry(proof, head(1)).kind == "record"
    with pytest.raises(LogFault) as caught:
        proved_entry(proof, head(2))
    assert caught.value.code == "log_proof_invalid"


def test_what_is_no_entry_is_blamed_on_the_log() -> None:
    with pytest.raises(LogFault) as caught:
        entry_in(b"\xc1")
    assert caught.value.code == "log_entry_malformed"


def test_a_head_by_nobody_is_blamed_on_the_log() -> None:
    bad = msgspec.structs.replace(head(1).signed, payload=b"")
    with pytest.raises(LogFault) as caught:
        known_head(bad)
    assert caught.value.code == "log_head_invalid"
