"""The rooms of consent together."""

from agentmesh.errors import UsageError
from tests.support.node_pair import Pair


async def test_what_was_decided_about_a_contact_is_forgotten_with_it(pair: Pair) -> None:
    peer, consent = pair.high.amid, pair.low.consent
    await pair.low.peers.trust(peer, 1)
    await consent.remarks.note(peer, "recipes")
    await consent.key_changes.suspect(peer, UsageError("bundle_invalid"))
    await consent.forget(peer)
    assert (await consent.remarks.about(peer)).note == ""
    assert not await consent.key_changes.has(peer)
