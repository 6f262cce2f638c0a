from agentmesh.crypto.olm.with_libolm import LIBRARY


def test_it_takes_a_key_of_low_order_which_is_why_we_look_first() -> None:
    begun = LIBRARY.begin(bytes(32), bytes(32), lambda own: own)
    assert len(begun.message) > 100
