"""`x3dh-only.v1` over a wire that does everything wires do."""

from typing import Any

import msgspec
from hypothesis import settings

from agentmesh.crypto.cipher import Cipher
from agentmesh.crypto.x3dh_only import X3dhOnlyCipher
from tests.support.cipher_wire import Wire
from tests.support.suite_pairs import x3dh_pair


class X3dhWire(Wire):
    def pair(self) -> tuple[Cipher, Cipher]:
        alice, bob = x3dh_pair()
        # The clock of this wire wanders back and forth; the session's day has tests of its own.
        return _begun_early(alice), _begun_early(bob)


def _begun_early(cipher: X3dhOnlyCipher) -> Cipher:
    return msgspec.structs.replace(cipher, begun_at=cipher.begun_at - 10_000)


TestX3dhWire: Any = X3dhWire.TestCase
TestX3dhWire.settings = settings(max_examples=40, stateful_step_count=50)
