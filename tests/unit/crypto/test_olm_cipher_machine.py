"""`olm.v1` over a wire that does everything wires do, with one library on each side."""

from typing import Any

from hypothesis import settings

from agentmesh.crypto.cipher import Cipher
from tests.support.cipher_wire import Wire
from tests.support.suite_pairs import LIBRARIES, olm_pair


class OlmWire(Wire):
    gives_up = True

    def pair(self) -> tuple[Cipher, Cipher]:
        return olm_pair(LIBRARIES[0], LIBRARIES[-1])


TestOlmWire: Any = OlmWire.TestCase
TestOlmWire.settings = settings(max_examples=40, stateful_step_count=50)
