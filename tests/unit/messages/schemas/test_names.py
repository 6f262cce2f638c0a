"""What schemas are called, and which version two sides agree on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.errors import UsageError
from agentmesh.messages.schemas.names import Agreed, SchemaId, agree, parse, parse_custom

VERSIONS = st.sets(st.integers(1, 6), max_size=5)
NAME = "travel/flight-search"


def ids(versions: set[int], name: str = NAME) -> set[SchemaId]:
    return {SchemaId(name, version) for version in versions}


@pytest.mark.parametrize("text", ["travel/flight-search/v1", "agentmesh:travel/flight-search/v1"])
def test_an_id_is_read_with_its_prefix_and_without(text: str) -> None:
    assert parse(text) == SchemaId(NAME, 1)
    assert str(parse(text)) == "travel/flight-search/v1"


@pytest.mark.parametrize(
    "text",
    [
        *("", "travel/flights", "travel/v1", "travel/flights/v0", "travel/flights/v01", "a/b/c/v1"),
        *("Travel/flights/v1", "travel/flights/v10000", "http://a/b/v1", "../etc/v1", "a/b/v1\n"),
        *("a/" + "b" * 60 + "/v1", "a" * 10_000, "tr\u0430vel/flights/v1"),
    ],
)
def test_what_is_no_id_is_none(text: str) -> None:
    assert parse(text) is None


def test_an_id_of_ones_own_says_whose_it_is() -> None:
    assert parse_custom("x-acme/invoice/v2") == SchemaId("x-acme/invoice", 2)
    for text in ("travel/flight-search/v1", "x-acme/v1", "acme/invoice/v1", "x-/a/v1", "\u202e"):
        with pytest.raises(UsageError) as caught:
            parse_custom(text)
        assert caught.value.code == "invalid_schema_id"
        assert caught.value.message.isascii()


@given(ours=VERSIONS, theirs=VERSIONS)
def test_the_highest_common_version_is_always_chosen(ours: set[int], theirs: set[int]) -> None:
    agreed = agree(NAME, ids(ours) | ids({9}, "travel/other"), ids(theirs))
    if not ours or not theirs:
        assert agreed is None
    elif ours & theirs:
        assert agreed == Agreed(SchemaId(NAME, max(ours & theirs)))
    else:
        assert agreed == Agreed(SchemaId(NAME, min(ours | theirs)), is_fallback=True)


@given(ours=VERSIONS, theirs=VERSIONS)
def test_both_sides_agree_on_the_same(ours: set[int], theirs: set[int]) -> None:
    assert agree(NAME, ids(ours), ids(theirs)) == agree(NAME, ids(theirs), ids(ours))


@given(ours=VERSIONS, theirs=VERSIONS, more=st.integers(1, 6))
def test_who_learns_a_version_that_both_then_have_never_goes_back(
    ours: set[int], theirs: set[int], more: int
) -> None:
    before = agree(NAME, ids(ours), ids(theirs))
    after = agree(NAME, ids(ours | {more}), ids(theirs | {more}))
    assert after is not None
    assert not after.is_fallback
    if before is not None and not before.is_fallback:
        assert after.id.version >= before.id.version
