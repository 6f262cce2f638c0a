"""Who joined is a contact, and the owner's record says how."""

from tests.support.node_pair import Pair


async def test_a_newcomer_is_a_contact_that_was_invited(pair: Pair) -> None:
    newcomers = pair.low.invites.joiner._newcomers
    await newcomers.welcome(pair.high.amid, "High")
    row = await pair.low.peers.contact(pair.high.amid)
    assert (row.trust, row.name, row.verified_at) == (1, "High", None)
    remark = await pair.low.consent.remarks.about(pair.high.amid)
    assert remark.invited_at == pair.clock.now()
    newcomers.failed(pair.high.amid)
    assert pair.low.kinds()[-2:] == ["peer_trust_changed", "invite_tried"]
