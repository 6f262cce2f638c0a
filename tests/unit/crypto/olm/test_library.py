"""What both libraries do alike, and what comes of it when there is none."""

import os

import pytest

from agentmesh.crypto.olm import library
from agentmesh.crypto.olm.library import LIBOLM, VODOZEMAC, Library
from agentmesh.crypto.secret import Secret
from agentmesh.errors import CryptoError, IntegrityError, Refused
from tests.support.suite_pairs import LIBRARIES, PAIRS, olm_library

BINARY = bytes(range(256)) + "ünï".encode() + b"\xff\xfe\x00\xed\xa0\x80"


def test_both_are_here_so_that_they_can_be_compared() -> None:
    assert LIBRARIES == (VODOZEMAC, LIBOLM), "pip install vodozemac python-olm"


def test_the_best_one_begins_new_sessions() -> None:
    assert library.best().name == VODOZEMAC
    assert library.is_installed()


def test_without_any_there_is_a_clear_word(no_olm: None) -> None:
    assert not library.is_installed()
    assert library.named(VODOZEMAC) is None
    with pytest.raises(Refused) as caught:
        library.best()
    assert caught.value.code == "suite_unavailable"
    assert "agentmesh-openclaw[olm]" in caught.value.hint


def begun(ours: Library, theirs: Library) -> tuple[Secret, Secret]:
    """Return a session of both sides; `ours` was asked for it."""
    account = ours.make_account()
    answer = theirs.begin(account.identity, account.one_time, lambda _: BINARY)
    session, said = ours.join(account.pickle, answer.identity, answer.message)
    assert said == BINARY
    return session, answer.pickle


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_any_two_understand_each_other(ours: str, theirs: str) -> None:
    libraries = [olm_library(ours), olm_library(theirs)]
    sessions = list(begun(*libraries))
    for turn in range(12):
        here, there = turn % 2, 1 - turn % 2
        late = []
        for size in (0, 1, 300, 3000):
            text = BINARY + os.urandom(size)
            sessions[here], message = libraries[here].encrypt(sessions[here], text)
            late.append((text, message))
        for text, message in reversed(late):
            sessions[there], found = libraries[there].decrypt(sessions[there], message)
            assert found == text


@pytest.mark.parametrize("name", LIBRARIES)
def test_what_is_changed_is_refused_and_changes_nothing(name: str) -> None:
    ours = olm_library(name)
    alice, bob = begun(ours, ours)
    _, message = ours.encrypt(alice, b"hello")
    for place in (5, 60, -1):
        forged = bytearray(message)
        forged[place] ^= 1
        with pytest.raises(CryptoError, match="olm_refused"):
            ours.decrypt(bob, bytes(forged))
    bob, _ = ours.decrypt(bob, message)
    with pytest.raises(CryptoError, match="olm_refused"):
        ours.decrypt(bob, message)


@pytest.mark.parametrize("name", LIBRARIES)
def test_keys_that_are_not_ours_join_nothing(name: str) -> None:
    ours = olm_library(name)
    account, other = ours.make_account(), ours.make_account()
    answer = ours.begin(other.identity, other.one_time, lambda own: own)
    with pytest.raises(CryptoError, match="olm_refused"):
        ours.join(account.pickle, answer.identity, answer.message)
    with pytest.raises(CryptoError, match="olm_refused"):
        ours.join(other.pickle, answer.identity, b"\x03garbage")


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_damaged_state_is_named_as_such(name: str) -> None:
    ours = olm_library(name)
    account = ours.make_account()
    answer = ours.begin(account.identity, account.one_time, lambda own: own)
    for damaged in (b"x", answer.pickle.reveal()[:-4], b"\xff" * 40):
        with pytest.raises(IntegrityError):
            ours.encrypt(Secret(damaged), b"hello")
        with pytest.raises(IntegrityError):
            ours.join(Secret(damaged), answer.identity, answer.message)


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_session_that_was_never_answered_says_nothing_ordinary(name: str) -> None:
    ours = olm_library(name)
    account = ours.make_account()
    answer = ours.begin(account.identity, account.one_time, lambda own: own)
    with pytest.raises(CryptoError, match="olm_refused"):
        ours.encrypt(answer.pickle, b"too early")
