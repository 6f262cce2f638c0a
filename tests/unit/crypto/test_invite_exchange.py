"""SPAKE2 for invites: equal words, and equal parties, or nothing."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentmesh.crypto.invite_exchange import Exchange, Parties, Party
from agentmesh.errors import CryptoError
from agentmesh.identity.invite_code import WORD_BYTES, words_of
from agentmesh.protocol.ids import amid_of
from tests.support.world import FakeEntropy

ALICE, BOB, EVE = (Party(amid_of(bytes([n]) * 32), bytes([n]) * 32) for n in range(3))
PARTIES = Parties(id="one", slot=1, joiner=ALICE, inviter=BOB)


def exchanged(
    joiners: Parties, inviters: Parties, words: tuple[str, str] = ("lusab-babad", "lusab-babad")
) -> tuple[object, object]:
    joiner = Exchange(joiners, words[0], FakeEntropy("joiner"), is_joiner=True)
    inviter = Exchange(inviters, words[1], FakeEntropy("inviter"), is_joiner=False)
    return joiner.finish(inviter.message), inviter.finish(joiner.message)


def test_who_knows_the_same_words_has_the_same_proofs() -> None:
    ours, theirs = exchanged(PARTIES, PARTIES)
    assert ours == theirs
    assert ours.of_joiner != ours.of_inviter  # type: ignore[attr-defined]


WORDS = st.binary(min_size=WORD_BYTES, max_size=WORD_BYTES).map(words_of)


@settings(max_examples=30)
@given(WORDS, WORDS)
def test_other_words_prove_nothing(one: str, other: str) -> None:
    ours, theirs = exchanged(PARTIES, PARTIES, (one, other))
    assert (ours.of_joiner == theirs.of_joiner) is (one == other)  # type: ignore[attr-defined]
    assert (ours.of_inviter == theirs.of_inviter) is (one == other)  # type: ignore[attr-defined]


SOMEBODY = st.sampled_from([ALICE, BOB, EVE, Party(ALICE.amid, EVE.signing_key)])
ANY_PARTIES = st.builds(
    Parties,
    id=st.sampled_from(["one", "two"]),
    slot=st.integers(1, 99),
    joiner=SOMEBODY,
    inviter=SOMEBODY,
)


@settings(max_examples=30)
@given(ANY_PARTIES, ANY_PARTIES)
def test_only_the_same_parties_prove_it_to_each_other(one: Parties, other: Parties) -> None:
    ours, theirs = exchanged(one, other)
    assert (ours.of_joiner == theirs.of_joiner) is (one == other)  # type: ignore[attr-defined]
    assert (ours.of_inviter == theirs.of_inviter) is (one == other)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "other",
    [
        Parties(id="two", slot=1, joiner=ALICE, inviter=BOB),
        Parties(id="one", slot=2, joiner=ALICE, inviter=BOB),
        Parties(id="one", slot=1, joiner=EVE, inviter=BOB),
        Parties(id="one", slot=1, joiner=ALICE, inviter=EVE),
        Parties(id="one", slot=1, joiner=BOB, inviter=ALICE),
        Parties(id="one", slot=1, joiner=Party(ALICE.amid, EVE.signing_key), inviter=BOB),
    ],
)
def test_everything_that_names_the_parties_is_bound(other: Parties) -> None:
    ours, theirs = exchanged(PARTIES, other)
    assert ours.of_joiner != theirs.of_joiner  # type: ignore[attr-defined]
    assert ours.of_inviter != theirs.of_inviter  # type: ignore[attr-defined]


def test_our_own_message_sent_back_is_refused() -> None:
    joiner = Exchange(PARTIES, "x", FakeEntropy(), is_joiner=True)
    with pytest.raises(CryptoError):
        joiner.finish(b"B" + joiner.message[1:])


def test_an_exchange_serves_once() -> None:
    joiner = Exchange(PARTIES, "x", FakeEntropy("a"), is_joiner=True)
    inviter = Exchange(PARTIES, "x", FakeEntropy("b"), is_joiner=False)
    joiner.finish(inviter.message)
    with pytest.raises(CryptoError):
        joiner.finish(inviter.message)


LOW_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  # zero as y = p + 1
    "0100000000000000000000000000000000000000000000000000000000000080",  # zero as -x
    "",
    "00",
]


@pytest.mark.parametrize("point", LOW_ORDER)
def test_points_of_small_order_are_refused(point: str) -> None:
    joiner = Exchange(PARTIES, "x", FakeEntropy(), is_joiner=True)
    with pytest.raises(CryptoError) as caught:
        joiner.finish(b"B" + bytes.fromhex(point))
    assert caught.value.code == "invite_exchange_invalid"


@settings(max_examples=60)
@given(st.binary(min_size=33, max_size=33))
def test_any_bytes_are_refused_or_prove_nothing(message: bytes) -> None:
    joiner = Exchange(PARTIES, "x", FakeEntropy(), is_joiner=True)
    with suppress(CryptoError):
        proof = joiner.finish(message)
        assert proof.of_joiner != proof.of_inviter
