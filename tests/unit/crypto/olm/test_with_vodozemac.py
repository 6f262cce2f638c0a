import pytest

from agentmesh.crypto.olm.with_vodozemac import LIBRARY
from agentmesh.errors import CryptoError


def test_it_refuses_a_key_of_low_order_itself() -> None:
    account = LIBRARY.make_account()
    with pytest.raises(CryptoError, match="olm_refused"):
        LIBRARY.begin(bytes(32), account.one_time, lambda own: own)
