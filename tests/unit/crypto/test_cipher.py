"""How a session begins in each suite, and what does not begin."""

import os

import msgspec
import pytest
from msgspec import UNSET

from agentmesh.crypto import suites
from agentmesh.crypto.cipher import Cipher, ask, from_version_1, of_initiator, of_responder
from agentmesh.crypto.suites import OLM, PQXDH_DR, X3DH_ONLY
from agentmesh.errors import AgentMeshError, Refused
from agentmesh.protocol.frames import OlmAnswer
from tests.support.cipher_dialogue import saved
from tests.support.crypto_parties import KNOCK, NOON, Party, session

ALICE, BOB = Party.make("alice"), Party.make("bob")
EVERY = pytest.mark.parametrize("suite", list(suites.SUITES))


def begun(suite: str) -> tuple[Cipher, Cipher]:
    handshake, asked = ask(ALICE.as_initiator(), KNOCK, BOB.verified(), suite, os.urandom)
    bob, answer = of_responder(BOB.as_responder(), ALICE.greeting(handshake), NOON)
    return of_initiator(KNOCK, asked, answer, NOON, os.urandom), bob


@EVERY
def test_a_handshake_leads_to_a_conversation(suite: str) -> None:
    alice, bob = begun(suite)
    alice, frame = alice.seal(b"one", NOON, os.urandom)
    bob, text = bob.open(frame, NOON, os.urandom)
    assert text == b"one"
    bob, frame = bob.seal(b"two", NOON, os.urandom)
    assert alice.open(frame, NOON, os.urandom)[1] == b"two"
    assert alice.open_receipt(bob.seal_receipt(b"r", os.urandom)) == b"r"


@pytest.mark.parametrize("told", list(suites.SUITES))
@EVERY
def test_a_handshake_told_as_another_suites_leads_to_no_word(suite: str, told: str) -> None:
    if suite == told:
        return
    handshake, asked = ask(ALICE.as_initiator(), KNOCK, BOB.verified(), suite, os.urandom)
    retold = msgspec.structs.replace(handshake, suite=told)
    try:
        bob, answer = of_responder(BOB.as_responder(), ALICE.greeting(retold), NOON)
        alice = of_initiator(KNOCK, asked, answer, NOON, os.urandom)
        _, frame = alice.seal(b"one", NOON, os.urandom)
        bob.open(frame, NOON, os.urandom)
    except AgentMeshError:
        return
    pytest.fail("they talked")


def test_only_the_olm_suite_has_an_olm_answer_and_it_must_have_one() -> None:
    answer = OlmAnswer(b"\x09" * 32, b"m")
    for suite, said in ((PQXDH_DR, answer), (X3DH_ONLY, answer), (OLM, UNSET)):
        _, asked = ask(ALICE.as_initiator(), KNOCK, BOB.verified(), suite, os.urandom)
        with pytest.raises(AgentMeshError):
            of_initiator(KNOCK, asked, said, NOON, os.urandom)
    handshake, _ = ask(ALICE.as_initiator(), KNOCK, BOB.verified(), OLM, os.urandom)
    bare = msgspec.structs.replace(handshake, olm=UNSET)
    with pytest.raises(AgentMeshError):
        of_responder(BOB.as_responder(), ALICE.greeting(bare), NOON)


def test_olm_keys_are_on_the_wire_only_where_the_suite_has_them() -> None:
    for suite in suites.SUITES:
        handshake, _ = ask(ALICE.as_initiator(), KNOCK, BOB.verified(), suite, os.urandom)
        assert ("olm" in msgspec.to_builtins(handshake)) == (suite == OLM)


def test_without_a_library_nobody_is_asked_for_olm(no_olm: None) -> None:
    with pytest.raises(Refused) as caught:
        ask(ALICE.as_initiator(), KNOCK, BOB.verified(), OLM, os.urandom)
    assert caught.value.code == "suite_unavailable"


def test_a_cipher_of_version_1_was_of_the_first_suite() -> None:
    alice, _ = session()
    named, *rest = msgspec.msgpack.decode(saved(alice))
    assert named == PQXDH_DR
    assert from_version_1(rest) == [named, *rest]
