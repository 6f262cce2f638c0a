"""Merkle trees as in RFC 6962 (section 2.1) and RFC 9162: hashing, proofs, and checking them.

A *range* `(start, end)` is a run of leaves that is a subtree of the recursive definition; its hash
is put together from *perfect* subtrees, `(level, position)`: the leaves `position << level` up to
`(position + 1) << level`. Perfect subtrees never change, so they are what a log keeps.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence

import msgspec

HASH_BYTES = 32
EMPTY = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""
MAX_PROOF = 64
"""No proof has more hashes: a tree has fewer than 2^63 leaves."""

Node = tuple[int, int]
Range = tuple[int, int]
HashOf = Callable[[Node], bytes]
"""Returns the hash of a perfect subtree."""


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return hashlib.sha256(b"\1" + left + right).digest()


def perfect(span: Range) -> list[Node]:
    """Return the perfect subtrees that a range is made of, from left to right."""
    start, end = span
    nodes: list[Node] = []
    while start < end:
        level = (end - start).bit_length() - 1
        nodes.append((level, start >> level))
        start += 1 << level
    return nodes


def fold(hashes: Sequence[bytes]) -> bytes:
    """Return the hash of a range from those of its perfect subtrees, from left to right."""
    if not hashes:
        return EMPTY
    *rest, whole = hashes
    for left in reversed(rest):
        whole = node_hash(left, whole)
    return whole


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """Return the ranges whose hashes prove that leaf `index` is in the tree of `size` leaves."""
    return _siblings((0, size), index)[::-1]


def consistency_ranges(old: int, new: int) -> list[Range]:
    """Return the ranges whose hashes prove that the tree of `old` leaves is the other's beginning.

    Empty for `old` 0 or `new`: then there is nothing to prove.
    """
    ranges: list[Range] = []
    start, end = 0, new
    while old not in (start, end):
        middle = start + _split(end - start)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    if start > 0:
        ranges.append((start, end))
    return ranges[::-1]


def nodes_of(ranges: Sequence[Range]) -> set[Node]:
    """Return the perfect subtrees that these ranges are made of."""
    return {node for span in ranges for node in perfect(span)}


def proof(ranges: Sequence[Range], hash_of: HashOf) -> list[bytes]:
    """Return the hashes of these ranges."""
    return [fold([hash_of(node) for node in perfect(span)]) for span in ranges]


def included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the path proves that this leaf hash is number `index` under this root.

    RFC 9162, section 2.1.3.2.
    """
    if not 0 <= index < size:
        return False
    first, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if first & 1 or first == last:
            found = node_hash(sibling, found)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        first, last = first >> 1, last >> 1
    return last == 0 and found == root


class Stand(msgspec.Struct, frozen=True):
    """How many leaves a tree has, and its root."""

    size: int = 0
    root: bytes = EMPTY


def consistent(old: Stand, new: Stand, path: Sequence[bytes]) -> bool:
    """Whether the path proves that the old tree is the beginning of the new one.

    RFC 9162, section 2.1.4.2; a tree without leaves is the beginning of every tree.
    """
    if not 0 <= old.size <= new.size:
        return False
    if old.size == new.size:
        return not path and old.root == new.root
    if old.size == 0:
        return not path and old.root == EMPTY
    hashes = list(path)
    if old.size & (old.size - 1) == 0:
        hashes.insert(0, old.root)
    if not hashes:
        return False
    first, last = old.size - 1, new.size - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    return _climb(first, last, hashes) == (old.root, new.root)


def _climb(first: int, last: int, hashes: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """Return the two roots to which a consistency proof leads; None if it has a wrong length."""
    old_root = new_root = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return None
        if first & 1 or first == last:
            old_root, new_root = node_hash(sibling, old_root), node_hash(sibling, new_root)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            new_root = node_hash(new_root, sibling)
        first, last = first >> 1, last >> 1
    return (old_root, new_root) if last == 0 else None


class Frontier(msgspec.Struct, frozen=True):
    """A tree that only grows, by what it takes to add leaves: its perfect subtrees' hashes."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    @property
    def stand(self) -> Stand:
        """Its size and root."""
        return Stand(self.size, fold(self.peaks))

    def grown(self, leaf: bytes) -> tuple["Frontier", Iterator[tuple[Node, bytes]]]:
        """Return the tree with one leaf hash more, and the perfect subtrees that this completed."""
        peaks, found, level = list(self.peaks), leaf, 0
        made = [((0, self.size), leaf)]
        while self.size >> level & 1:
            found, level = node_hash(peaks.pop(), found), level + 1
            made.append(((level, self.size >> level), found))
        return Frontier(self.size + 1, (*peaks, found)), iter(made)


def frontier_of(size: int, peaks: Sequence[bytes]) -> Frontier | None:
    """Return the tree that has these peaks; None if a tree of this size has not so many."""
    fits = len(peaks) == size.bit_count() and all(len(it) == HASH_BYTES for it in peaks)
    return Frontier(size, tuple(peaks)) if fits else None


def _split(size: int) -> int:
    """Return the largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def _siblings(span: Range, index: int) -> list[Range]:
    """Return the other halves on the way down from a range to a leaf."""
    start, end = span
    ranges: list[Range] = []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges
