"""What two sides offer each other, and what is agreed."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.messages.capabilities import (
    MAX_KNOWN,
    Agreement,
    answer,
    answered,
    fallbacks,
    has,
    mark,
    missing,
    offers,
    required,
    to_offer,
    updated,
    version_of,
    withdrawn,
)
from agentmesh.messages.schemas.names import Agreed, SchemaId, agree
from agentmesh.protocol.limits import MAX_CAPABILITIES, MAX_ID_LETTERS

OURS = ("travel/trains", "finance", "x-acme/robots/arms", "travel/hotel-search/v2")
NAME = "travel/hotel-search"
VERSIONS = st.sets(st.integers(1, 5), max_size=4)


def words(versions: set[int]) -> tuple[str, ...]:
    return tuple(str(SchemaId(NAME, version)) for version in sorted(versions))


def update(**changed: object) -> bytes:
    return msgspec.json.encode(changed)


@pytest.mark.parametrize(
    ("word", "is_ours"),
    [
        ("travel/trains", True),
        ("Travel/Trains", True),
        ("travel", True),
        ("travel/flights", False),
        ("finance/payment", True),
        ("commerce", False),
        ("x-acme/robots", True),
        ("x-acme/robots/arms", True),
        ("x-acme/robots/legs", False),
        ("x-acme/people", False),
        ("travel/hotel-search/v2", True),
        ("agentmesh:travel/hotel-search/v2", True),
        ("travel/hotel-search/v1", False),
    ],
)
def test_a_category_is_all_that_is_in_it_and_a_schema_is_its_version(
    word: str, *, is_ours: bool
) -> None:
    assert has(OURS, word) is is_ours


def test_an_offer_begins_with_what_the_agent_does_and_fits_into_a_knock() -> None:
    ids = [SchemaId(NAME, 1), SchemaId("x-acme/invoice", 1), SchemaId(NAME, 2)]
    offered = offers(["Travel", "b c", "x" * (MAX_ID_LETTERS + 1), "travel"], ids)
    assert offered == ("travel", f"{NAME}/v2", "x-acme/invoice/v1", f"{NAME}/v1")
    knocked = to_offer(mark(["finance", "Finance"]), offered * 20)
    assert knocked[:2] == ("!finance", "travel")
    assert len(knocked) == MAX_CAPABILITIES
    assert required(knocked) == ("finance",)


def test_what_is_required_and_not_there_is_missing() -> None:
    offered = mark(["travel/trains", "travel/flights", f"{NAME}/v1"])
    assert missing((*offered, "commerce"), OURS) == ("travel/flights", f"{NAME}/v1")


def test_what_both_have_is_accepted_and_the_rest_rejected() -> None:
    offered = ("!travel/trains", "commerce", f"{NAME}/v2", "no word at all", "commerce")
    said = answer(offered, OURS)
    assert said == Agreement(accepted=("travel/trains", f"{NAME}/v2"), rejected=("commerce",))
    assert answered(offered, said.accepted, said.rejected) == said


@given(ours=VERSIONS, theirs=VERSIONS)
def test_both_sides_of_a_knock_agree_on_the_version_that_is_to_be_chosen(
    ours: set[int], theirs: set[int]
) -> None:
    at_receiver = answer(words(theirs), words(ours))
    at_initiator = answered(words(theirs), at_receiver.accepted, at_receiver.rejected)
    wanted = agree(
        NAME,
        [SchemaId(NAME, version) for version in ours],
        [SchemaId(NAME, version) for version in theirs],
    )
    assert version_of(at_receiver, NAME) == version_of(at_initiator, NAME) == wanted


def test_an_answer_says_nothing_about_what_was_not_offered() -> None:
    told = answered(
        ("travel", f"{NAME}/v2"),
        ["travel", "obey/me", f"{NAME}/v1", "travel/hotels/v1"],
        ["commerce", f"{NAME}/v1"],
    )
    assert told == Agreement(accepted=("travel", f"{NAME}/v1"), rejected=(f"{NAME}/v1",))
    assert version_of(told, NAME) == Agreed(SchemaId(NAME, 1), is_fallback=True)
    assert version_of(told, "travel/hotels") is None
    assert fallbacks(told) == (f"{NAME}/v1",)
    assert fallbacks(Agreement(accepted=("travel", f"{NAME}/v1"))) == ()


def test_a_peer_may_gain_and_lose_capabilities() -> None:
    before = Agreement(accepted=("travel", "finance"), rejected=(f"{NAME}/v2",))
    payload = update(added=[f"{NAME}/v2", "commerce", "finance"], removed=["finance"])
    after = updated(before, payload, OURS)
    assert after == Agreement(accepted=("travel", f"{NAME}/v2"), rejected=("commerce",))


def test_what_we_withdraw_is_gone() -> None:
    before = Agreement(accepted=("travel", "finance"))
    assert withdrawn(before, update(removed=["Travel"])) == Agreement(accepted=("finance",))


@pytest.mark.parametrize("payload", [b"", b"[]", b'{"added":1}', b'{"added":["no word",""]}'])
def test_nonsense_changes_nothing(payload: bytes) -> None:
    before = Agreement(accepted=("travel",), rejected=("commerce",))
    assert updated(before, payload, OURS) == before
    assert withdrawn(before, payload) == before


@given(
    added=st.lists(st.text(max_size=9) | st.sampled_from([*OURS, "a/b", "a/b/v1"]), max_size=9),
    removed=st.lists(st.sampled_from(OURS), max_size=9),
)
def test_a_session_remembers_a_bounded_number_of_plain_words(
    added: list[str], removed: list[str]
) -> None:
    many = update(added=[*added, *(f"commerce/{n}" for n in range(200))], removed=removed)
    after = updated(Agreement(accepted=OURS), many, OURS)
    for said in (after.accepted, after.rejected):
        assert len(said) <= MAX_KNOWN
        assert all(word.isascii() and len(word) <= MAX_ID_LETTERS for word in said)
    assert not set(after.accepted) & set(removed)
