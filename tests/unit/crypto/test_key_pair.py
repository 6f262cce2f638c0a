from agentmesh.crypto.key_pair import KeyPair
from agentmesh.crypto.secret import Secret


def test_a_key_pair_shows_its_number_and_never_its_private_half() -> None:
    shown = repr(KeyPair(7, b"public", Secret(b"canary")))
    assert "7" in shown
    assert "canary" not in shown
