"""Both ratchets over a wire that does everything wires do."""

from typing import Any

from hypothesis import settings

from tests.support.cipher_wire import Wire

TestWire: Any = Wire.TestCase
TestWire.settings = settings(max_examples=60, stateful_step_count=60)
