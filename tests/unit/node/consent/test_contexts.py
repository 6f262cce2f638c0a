"""A context token says in which session the agent acts, and nobody can make one up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.errors import NotPermitted
from agentmesh.node.consent.contexts import OWNERS, UNKNOWN, Contexts, Setting
from agentmesh.protocol.ids import Amid, amid_of
from tests.support.world import FakeEntropy

BOB, CAROL = Setting(peer=amid_of(bytes(32))), Setting(peer=amid_of(b"c" * 32))


def contexts(seed: str = "one") -> Contexts:
    return Contexts(FakeEntropy(seed))


@pytest.mark.parametrize("setting", [BOB, CAROL, OWNERS])
def test_a_token_says_what_it_was_made_for(setting: Setting) -> None:
    ours = contexts()
    assert ours.setting(ours.token(setting)) == setting
    assert len(ours.token(setting)) <= 80
    assert ours.token(setting) == ours.token(setting)


def test_a_token_of_another_start_says_nothing() -> None:
    assert contexts().setting(contexts("two").token(OWNERS)) == UNKNOWN


@given(st.text(max_size=90))
def test_what_is_made_up_says_nothing(token: str) -> None:
    assert contexts().setting(token) == UNKNOWN


@given(st.integers(0, 79), st.characters(codec="utf-8"))
def test_a_changed_token_says_nothing(at: int, letter: str) -> None:
    ours = contexts()
    token = ours.token(BOB)
    changed = token[:at] + letter + token[at + 1 :]
    assert ours.setting(changed) == (BOB if changed == token else UNKNOWN)


def test_the_proof_of_one_is_none_of_another() -> None:
    ours = contexts()
    proof = ours.token(BOB).partition(".")[2]
    for name in (CAROL.peer, "owner", ""):
        assert ours.setting(f"{name}.{proof}") == UNKNOWN
    assert ours.setting(ours.token(UNKNOWN)) == UNKNOWN


def test_what_is_read_reaches_where_it_may() -> None:
    reached = {
        (here, there)
        for here in (UNKNOWN, OWNERS, BOB)
        for there in (UNKNOWN, OWNERS, BOB, CAROL)
        if here.is_reached_from(there)
    }
    assert reached == {
        *((UNKNOWN, there) for there in (UNKNOWN, OWNERS, BOB, CAROL)),
        (OWNERS, OWNERS),
        (OWNERS, UNKNOWN),
        (BOB, BOB),
    }


def test_a_peers_session_is_about_that_peer() -> None:
    for setting in (UNKNOWN, OWNERS):
        setting.insist_on(Amid("anybody"))
    assert BOB.peer is not None
    BOB.insist_on(BOB.peer)
    with pytest.raises(NotPermitted):
        BOB.insist_on(Amid("anybody"))
