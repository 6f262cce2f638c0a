"""Invite codes as people pass them on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.errors import UsageError
from agentmesh.identity.invite_code import WORD_BYTES, InviteCode, read_code, words_of
from agentmesh.protocol.ids import amid_of

AMID = amid_of(bytes(32))


@given(st.binary(min_size=WORD_BYTES, max_size=WORD_BYTES), st.integers(1, 99))
def test_a_code_reads_as_it_was_written(randomness: bytes, slot: int) -> None:
    code = InviteCode(AMID, slot, words_of(randomness))
    assert read_code(code.text) == read_code(code.link) == code
    assert read_code(f"  {AMID}-{slot}-{code.words.upper()}\n") == code


@given(st.binary(min_size=4, max_size=4), st.binary(min_size=4, max_size=4))
def test_other_randomness_is_other_words(one: bytes, other: bytes) -> None:
    assert (words_of(one) == words_of(other)) is (one == other)


def test_words_can_be_said() -> None:
    assert words_of(bytes(4)) == "babab-babab"
    assert words_of(b"\xff" * 4) == "zuzuz-zuzuz"
    assert words_of(bytes.fromhex("7f000001")) == "lusab-babad"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        AMID,
        f"{AMID}-1",
        f"{AMID}-0-lusab-babad",
        f"{AMID}-100-lusab-babad",
        f"{AMID}-1-lusab",
        f"{AMID}-1-lusab-babae",
        f"{AMID}-1-lusab-babad-babad",
        "short-1-lusab-babad",
        f"agentmesh:verify/1/{AMID}",
        f"{AMID}-\u0661-lusab-babad",
        "x" * 10_000,
    ],
)
def test_anything_else_is_no_code(typed: str) -> None:
    with pytest.raises(UsageError):
        read_code(typed)
