"""No forged chain holds: a table of forgeries, and whatever a mutation makes of a good chain."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol.certificates import revocation_list
from agentmesh.protocol.certificates.chain import check, read_chain
from agentmesh.protocol.certificates.form import Sign, read
from agentmesh.protocol.certificates.session import check_session
from tests.support.forgery.by_bytes import BY_BYTES
from tests.support.forgery.by_issuer import BY_ISSUER
from tests.support.forgery.by_name import BY_NAME
from tests.support.forgery.by_right import BY_RIGHT
from tests.support.forgery.draft import bent
from tests.support.forgery.of_lists import LISTS
from tests.support.forgery.of_sessions import BEGUN, SESSIONS
from tests.support.forgery.spoiling import spoilt
from tests.support.vouching import ACME, NOW, ROOT, alone, fleet, lists, trusted

CHAINS = {**BY_ISSUER, **BY_NAME, **BY_RIGHT, **BY_BYTES}
PROMISED = 80


def test_there_are_as_many_forgeries_as_promised() -> None:
    count = len(CHAINS) + len(LISTS) + len(SESSIONS)
    print(f"{count} forgeries: {len(CHAINS)} chains, {len(LISTS)} lists, {len(SESSIONS)} sessions")
    assert len(CHAINS) >= PROMISED


@pytest.mark.parametrize("name", CHAINS)
def test_no_forged_chain_holds(name: str) -> None:
    chain = CHAINS[name]()
    with pytest.raises(RemoteProtocolError, match="not valid") as caught:
        check(read_chain(chain, trusted()), trusted(), lists(), NOW)
    assert caught.value.code == "invalid_certificate"


@pytest.mark.parametrize("name", LISTS)
def test_no_forged_list_is_believed(name: str) -> None:
    forged = LISTS[name]()
    with pytest.raises(RemoteProtocolError, match=r"not valid|too old"):
        revocation_list.read(forged, ACME.issuer, NOW)


@pytest.mark.parametrize("name", SESSIONS)
def test_no_certificate_of_another_session_is_taken(name: str) -> None:
    forged = SESSIONS[name]()
    with pytest.raises(RemoteProtocolError, match="not valid"):
        check_session(forged, BEGUN.bound, BEGUN.key, NOW)


def test_the_chains_that_were_spoilt_hold() -> None:
    for chain in (fleet(), alone()):
        check(read_chain(chain, trusted()), trusted(), lists(), NOW)
        again = [bent(read(one).contents, signer(one)) for one in chain]
        assert again == chain


@given(st.data())
def test_no_mutation_of_a_chain_holds(data: st.DataObject) -> None:
    chain = data.draw(st.sampled_from([fleet(), alone()]))
    at = data.draw(st.integers(0, len(chain) - 1))
    mutated = [*chain]
    mutated[at] = data.draw(mutations(chain[at]))
    if mutated == chain:
        return
    with pytest.raises(RemoteProtocolError):
        read_chain(mutated, trusted())


@given(st.binary(max_size=2000))
def test_no_bytes_make_the_reader_fail_otherwise(data: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        read(data)


def mutations(good: bytes) -> st.SearchStrategy[bytes]:
    """Return what may become of some bytes: changed, cut, filled, or put together anew."""
    place = st.integers(0, len(good) - 1)
    changed = st.builds(lambda at, by: spoilt(good, at, by), place, st.integers(1, 255))
    cut = st.builds(lambda at, size: good[:at] + good[at + size :], place, st.integers(1, 40))
    filled = st.builds(lambda at, more: good[:at] + more + good[at:], place, st.binary(min_size=1))
    doubled = st.builds(lambda at, size: good[: at + size] + good[at:], place, st.integers(1, 40))
    return changed | cut | filled | doubled


def signer(data: bytes) -> Sign:
    return ACME.sign if read(data).contents.issuer == ACME.name else ROOT.sign
