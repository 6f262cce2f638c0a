"""The tree is RFC 6962's: by its published vectors, and by the definition, read word for word."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from agentmesh.protocol.merkle import (
    EMPTY,
    Frontier,
    HashOf,
    Node,
    Stand,
    consistency_ranges,
    consistent,
    fold,
    frontier_of,
    included,
    inclusion_ranges,
    leaf_hash,
    nodes_of,
    perfect,
    proof,
)

# The vectors of the Certificate Transparency project for RFC 6962.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEFT, PAIR, RIGHT_HALF = (
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
)
FIFTH = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
LAST_PAIR = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
MIDDLE_PAIR = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
INCLUSION = {
    (0, 1): [],
    (0, 8): [LEFT, PAIR, RIGHT_HALF],
    (5, 8): [FIFTH, LAST_PAIR, ROOTS[4]],
    (2, 3): [ROOTS[2]],
    (1, 5): [ROOTS[1], PAIR, FIFTH],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): [LEFT, PAIR, RIGHT_HALF],
    (6, 8): [MIDDLE_PAIR, LAST_PAIR, ROOTS[4]],
    (2, 5): [PAIR, FIFTH],
}

SIZES = st.integers(1, 130)
leaves = [leaf_hash(number.to_bytes(2, "big")) for number in range(130)]


def tree(hashes: list[bytes]) -> bytes:
    """RFC 6962, 2.1: MTH."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while 2 * k < len(hashes):
        k *= 2
    return hashlib.sha256(b"\x01" + tree(hashes[:k]) + tree(hashes[k:])).digest()


def path(m: int, hashes: list[bytes]) -> list[bytes]:
    """RFC 6962, 2.1.1: PATH."""
    if len(hashes) == 1:
        return []
    k = 1
    while 2 * k < len(hashes):
        k *= 2
    if m < k:
        return [*path(m, hashes[:k]), tree(hashes[k:])]
    return [*path(m - k, hashes[k:]), tree(hashes[:k])]


def subproof(m: int, hashes: list[bytes], b: bool) -> list[bytes]:
    """RFC 6962, 2.1.2: SUBPROOF."""
    if m == len(hashes):
        return [] if b else [tree(hashes)]
    k = 1
    while 2 * k < len(hashes):
        k *= 2
    if m <= k:
        return [*subproof(m, hashes[:k], b), tree(hashes[k:])]
    return [*subproof(m - k, hashes[k:], False), tree(hashes[:k])]


def hash_in(hashes: list[bytes]) -> HashOf:
    """Return where perfect subtrees are looked up."""
    return lambda node: tree(hashes[node[1] << node[0] : (node[1] + 1) << node[0]])


def our_path(index: int, hashes: list[bytes]) -> list[bytes]:
    return proof(inclusion_ranges(index, len(hashes)), hash_in(hashes))


def our_steps(old: int, hashes: list[bytes]) -> list[bytes]:
    return proof(consistency_ranges(old, len(hashes)), hash_in(hashes))


def stand(size: int) -> Stand:
    return Stand(size, tree(leaves[:size]))


def frontier(size: int) -> Frontier:
    found = Frontier()
    for leaf in leaves[:size]:
        found, _ = found.grown(leaf)
    return found


def test_the_published_roots_and_proofs_come_out() -> None:
    hashes = [leaf_hash(data) for data in LEAVES]
    grown = Frontier()
    assert grown.stand == Stand(0, EMPTY)
    for size, root in enumerate(ROOTS):
        assert tree(hashes[:size]).hex() == grown.stand.root.hex() == root
        if size < len(hashes):
            grown, _ = grown.grown(hashes[size])
    for (index, size), expected in INCLUSION.items():
        assert [it.hex() for it in our_path(index, hashes[:size])] == expected
    for (old, new), expected in CONSISTENCY.items():
        assert [it.hex() for it in our_steps(old, hashes[:new])] == expected


@given(SIZES, st.data())
def test_a_leaf_is_proved_as_the_definition_says(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    steps = our_path(index, leaves[:size])
    assert steps == path(index, leaves[:size])
    assert included(leaves[index], index, size, steps, tree(leaves[:size]))


@given(SIZES, st.data())
def test_nothing_else_is_proved(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    root, steps = tree(leaves[:size]), our_path(index, leaves[:size])
    other = data.draw(
        st.integers(0, size - 1).filter(lambda it: it != index) if size > 1 else st.just(size)
    )
    assert not included(leaves[index], other, size, steps, root)
    assert not included(leaves[(index + 1) % 130], index, size, steps, root)
    assert not included(leaves[index], index, size, [*steps, root], root)
    assert not included(leaves[index], -1, size, steps, root)
    if steps:
        place = data.draw(st.integers(0, len(steps) - 1))
        assert not included(leaves[index], index, size, steps[:-1], root)
        changed = [*steps[:place], leaf_hash(steps[place]), *steps[place + 1 :]]
        assert not included(leaves[index], index, size, changed, root)


@given(SIZES, st.data())
def test_a_beginning_is_proved_as_the_definition_says(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new))
    steps = our_steps(old, leaves[:new])
    assert steps == subproof(old, leaves[:new], True)
    assert consistent(stand(old), stand(new), steps)
    assert consistent(Stand(), stand(new), [])


@given(SIZES, st.data())
def test_no_other_history_is_proved(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new))
    steps = our_steps(old, leaves[:new])
    changed = data.draw(st.integers(0, old - 1))
    other = Stand(old, tree([*leaves[:changed], leaf_hash(b"other"), *leaves[changed + 1 : old]]))
    assert not consistent(other, stand(new), steps)
    assert not consistent(stand(new), other, steps) or new == old
    assert not consistent(stand(old), stand(new), [*steps, EMPTY])
    assert not consistent(Stand(0, leaves[0]), stand(new), [])
    if steps:
        assert not consistent(stand(old), stand(new), steps[:-1])
        assert not consistent(stand(old), stand(new), [])


@given(st.integers(0, 130))
def test_a_frontier_grows_to_the_same_tree(size: int) -> None:
    found = frontier(size)
    assert found.stand == stand(size)
    assert found.peaks == tuple(hash_in(leaves)(node) for node in perfect((0, size)))
    assert frontier_of(size, found.peaks) == found
    assert frontier_of(size, (*found.peaks, EMPTY)) is None
    assert frontier_of(size, [it[:-1] for it in found.peaks]) in (None, found)


def test_what_a_leaf_completes_is_all_that_proofs_need() -> None:
    kept: dict[Node, bytes] = {}
    found = Frontier()
    for leaf in leaves:
        found, made = found.grown(leaf)
        kept |= dict(made)
    for size in range(1, 131):
        for ranges in (inclusion_ranges(size // 2, size), consistency_ranges(size // 2, size)):
            assert nodes_of(ranges) <= kept.keys()
            assert proof(ranges, kept.__getitem__) == proof(ranges, hash_in(leaves))


def test_an_empty_fold_is_the_empty_tree() -> None:
    assert fold([]) == EMPTY
