"""Our wrapper against the stock library: the same keys on both ends, whatever the order."""

import os
from collections.abc import Coroutine
from typing import Any

import pytest
from doubleratchet import AEAD, DoubleRatchet, EncryptedMessage
from doubleratchet import Header as LibraryHeader
from doubleratchet.recommended import diffie_hellman_ratchet_curve25519 as stock
from hypothesis import given, settings
from hypothesis import strategies as st

from agentmesh.crypto import x25519
from agentmesh.crypto.ratchet import CHAIN_CONSTANT, ChainKdf, Place, Ratchet, RootKdf
from agentmesh.crypto.secret import Secret
from agentmesh.errors import CryptoError
from tests.support.crypto_parties import seeded

SECRET = Secret(b"\x31" * 32)
PREKEY = Secret(b"\x42" * 32)
PARTS = (stock.DiffieHellmanRatchet, RootKdf, ChainKdf, CHAIN_CONSTANT, 1000, 1000)


class Bare(AEAD):
    """Shows the message key instead of encrypting with it."""

    @staticmethod
    async def encrypt(plaintext: bytes, key: bytes, associated_data: bytes) -> bytes:
        return key

    @staticmethod
    async def decrypt(ciphertext: bytes, key: bytes, associated_data: bytes) -> bytes:
        assert ciphertext == key
        return key


class Stock(DoubleRatchet):
    """The library as its manual has it."""

    @staticmethod
    def _build_associated_data(associated_data: bytes, header: LibraryHeader) -> bytes:
        return b""


def run(coroutine: Coroutine[None, None, Any]) -> Any:
    with pytest.raises(StopIteration) as done:
        coroutine.send(None)
    return done.value.value


class Pair:
    """Ours begins, the stock library answers; both see each other's frames."""

    def __init__(self) -> None:
        self.ours = Ratchet.of_initiator(SECRET, x25519.public_key(PREKEY), seeded("ratchet"))
        self.stock: Stock | None = None
        self.to_stock: list[EncryptedMessage] = []
        self.to_ours: list[EncryptedMessage] = []
        self.skipped: dict[tuple[bytes, int], bytes] = {}

    def we_send(self) -> None:
        self.ours, place, key = self.ours.next_sending()
        header = LibraryHeader(place.ratchet_key, place.previous_length, place.number)
        self.to_stock.append(EncryptedMessage(header, key.reveal()))

    def stock_sends(self) -> None:
        if self.stock is not None:
            self.to_ours.append(run(self.stock.encrypt_message(b"", b"")))

    def stock_receives(self, message: EncryptedMessage) -> None:
        if self.stock is None:
            prekey = PREKEY.reveal()
            begin = Stock.decrypt_initial_message
            self.stock, _ = run(begin(*PARTS, Bare, SECRET.reveal(), prekey, message, b""))
        else:
            run(self.stock.decrypt_message(message, b""))

    def we_receive(self, message: EncryptedMessage) -> None:
        header = message.header
        known = self.skipped.pop((header.ratchet_pub, header.sending_chain_length), None)
        if known is None:
            known = self._advance(header)
        assert known == message.ciphertext

    def _advance(self, header: LibraryHeader) -> bytes:
        before = self.ours
        place = Place(*header)
        skip = before._distance(place)
        self.ours, keys, key = before.next_receiving(place, skip, os.urandom)
        received = before.receiving.length if before.receiving else 0
        if place.ratchet_key == before.peer_public:
            names = [(place.ratchet_key, received + i) for i in range(skip)]
        else:
            rest = skip - place.number
            names = [(before.peer_public, received + i) for i in range(rest)]
            names += [(place.ratchet_key, i) for i in range(place.number)]
        self.skipped.update(zip(names, keys, strict=True))
        return key.reveal()


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from("ab<>"), st.integers(0, 5)), max_size=40))
def test_the_stock_library_has_the_same_keys(actions: list[tuple[str, int]]) -> None:
    pair = Pair()
    for action, index in actions:
        if action == "a":
            pair.we_send()
        elif action == "b":
            pair.stock_sends()
        elif action == ">" and pair.to_stock:
            pair.stock_receives(pair.to_stock.pop(index % len(pair.to_stock)))
        elif action == "<" and pair.to_ours:
            pair.we_receive(pair.to_ours.pop(index % len(pair.to_ours)))
    for message in pair.to_stock:
        pair.stock_receives(message)
    for message in pair.to_ours:
        pair.we_receive(message)
    assert not pair.skipped


def both() -> tuple[Ratchet, Ratchet]:
    alice = Ratchet.of_initiator(SECRET, x25519.public_key(PREKEY), seeded("alice"))
    return alice, Ratchet.of_responder(SECRET, PREKEY)


def test_the_responder_speaks_second() -> None:
    alice, bob = both()
    assert alice.begins_chain
    assert bob.sending is None
    _, place, key = alice.next_sending()
    bob, skipped, same = bob.next_receiving(place, 0, seeded("bob"))
    assert (same, skipped) == (key, ())
    assert bob.begins_chain


def test_a_turn_draws_its_key_from_the_entropy() -> None:
    alice, bob = both()
    _, place, _ = alice.next_sending()
    bob, _, _ = bob.next_receiving(place, 0, lambda size: b"n" * size)
    assert bob.own_private == Secret(b"n" * 32)
    assert bob.own_public == x25519.public_key(bob.own_private)


def test_a_message_of_the_same_chain_draws_nothing() -> None:
    alice, bob = both()
    alice, first, _ = alice.next_sending()
    alice, second, _ = alice.next_sending()
    bob, _, _ = bob.next_receiving(first, 0, seeded("bob"))

    def forbidden(size: int) -> bytes:
        raise AssertionError

    assert bob.next_receiving(second, 0, forbidden)[0].own_private == bob.own_private


@pytest.mark.parametrize("skipped", [0, 1, 3, 1001])
def test_the_distance_must_be_what_the_caller_expects(skipped: int) -> None:
    alice, bob = both()
    for _ in range(3):
        alice, place, _ = alice.next_sending()
    with pytest.raises(CryptoError, match="message_invalid"):
        bob.next_receiving(place, skipped, seeded("bob"))
    assert len(bob.next_receiving(place, 2, seeded("bob"))[1]) == 2


def test_a_place_that_cannot_be_is_refused() -> None:
    alice, bob = both()
    alice, first, _ = alice.next_sending()
    alice, second, _ = alice.next_sending()
    bob, _, _ = bob.next_receiving(first, 0, seeded("bob"))
    bob, _, _ = bob.next_receiving(second, 0, seeded("bob"))
    with pytest.raises(CryptoError, match="message_invalid"):
        bob.next_receiving(first, 0, seeded("bob"))
    # A new chain that claims the old one was shorter than what came of it.
    shorter = Place(x25519.public_key(Secret(b"\x55" * 32)), 1, 0)
    with pytest.raises(CryptoError, match="message_invalid"):
        bob.next_receiving(shorter, 0, seeded("bob"))


def test_a_ratchet_key_of_low_order_is_refused() -> None:
    _, bob = both()
    with pytest.raises(CryptoError, match="point_invalid"):
        bob.next_receiving(Place(bytes(32), 0, 0), 0, seeded("bob"))
