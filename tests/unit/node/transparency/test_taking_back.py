"""Our identity is taken back once, and it is our own doing."""

import pytest

from agentmesh.errors import TransportError
from agentmesh.node.transparency.taking_back import TakingBack
from agentmesh.protocol.revocation import read_revocation
from agentmesh.protocol.signed import Signed
from tests.unit.node.transparency.watched import watched


async def test_it_is_signed_by_our_own_key_and_no_alarm() -> None:
    async with watched() as it:
        await it.watch.look()
        taking = TakingBack(it.node.hand, it.log.publish)
        assert await taking.done() == ""
        await taking.revoke("key_compromise", "Write to my new agent.")
        assert await taking.done() == "key_compromise"
        await it.watch.look()
        assert it.alarms() == []
        assert "keys_revoked" in it.node.kinds()
        revoked = await it.watch.log.revocation(it.node.amid)
        assert revoked.revocation.note == "Write to my new agent."


async def test_the_same_document_goes_out_again_if_its_answer_was_lost() -> None:
    sent: list[Signed] = []

    async def lose(signed: Signed) -> None:
        sent.append(signed)
        if len(sent) == 1:
            raise TransportError("registry_unreachable")

    async with watched() as it:
        taking = TakingBack(it.node.hand, lose)
        with pytest.raises(TransportError):
            await taking.revoke("other", "")
        assert await taking.done() == ""
        it.pair.clock.advance(5)
        await taking.revoke("other", "")
        assert sent[0] == sent[1]
        assert read_revocation(sent[0]).revocation.amid == it.node.amid
