import hashlib

from hypothesis import given
from hypothesis import strategies as st

from agentmesh.files.tree import ABSENT, leaf, root


def of_rfc_6962(leaves: list[bytes]) -> bytes:
    """Return the tree hash as RFC 6962, section 2.1, defines it."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    left, right = of_rfc_6962(leaves[:half]), of_rfc_6962(leaves[half:])
    return hashlib.sha256(b"\x01" + left + right).digest()


@given(st.lists(st.binary(max_size=8), max_size=40))
def test_it_is_the_tree_of_rfc_6962(chunks: list[bytes]) -> None:
    leaves = [leaf(chunk) for chunk in chunks]
    assert root(leaves) == of_rfc_6962(leaves)


def test_a_leaf_is_no_node_and_no_absence() -> None:
    two = [leaf(b"a"), leaf(b"b")]
    assert leaf(b"a") == hashlib.sha256(b"\x00a").digest()
    assert root(two) != leaf(b"".join(two))
    assert leaf(b"") != ABSENT


@given(st.lists(st.binary(max_size=4), min_size=2, max_size=9), st.data())
def test_order_number_and_content_of_chunks_count(chunks: list[bytes], data: st.DataObject) -> None:
    leaves = [leaf(bytes([index]) + chunk) for index, chunk in enumerate(chunks)]
    place = data.draw(st.integers(0, len(leaves) - 1))
    assert root(leaves[:place] + leaves[place + 1 :]) != root(leaves)
    assert root(leaves[::-1]) != root(leaves)
    assert root([*leaves[:place], ABSENT, *leaves[place + 1 :]]) != root(leaves)
