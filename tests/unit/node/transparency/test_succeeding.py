"""A new identity takes ours' place: the same statements until the registry has proved them."""

import msgspec
import pytest

from agentmesh.errors import AgentMeshError, Refused, TransportError, UsageError
from agentmesh.node.transparency.succeeding import Succeeding
from agentmesh.protocol.published import read_record
from agentmesh.protocol.revocation import read_revocation
from agentmesh.protocol.signed import Signed
from tests.unit.node.transparency.watched import Watched, watched


class Registry:
    """Takes what is published, or fails first."""

    def __init__(self, it: Watched, *failures: AgentMeshError) -> None:
        self._log = it.log
        self._failures = list(failures)
        self.sent: list[tuple[Signed, Signed]] = []

    async def publish(self, revocation: Signed, record: Signed) -> None:
        self.sent.append((revocation, record))
        if self._failures:
            raise self._failures.pop(0)
        await self._log.publish_both(revocation, record)


def _succeeding(it: Watched, registry: Registry) -> Succeeding:
    node = it.node
    mail = node.talks, node.house_mail
    return Succeeding(node.hand, node.publisher, registry.publish, mail)


async def test_both_keys_have_signed_and_it_is_no_alarm() -> None:
    async with watched() as it:
        registry = Registry(it)
        succeeding = _succeeding(it, registry)
        done = await succeeding.rotate("A new machine.")
        assert done.is_published
        assert succeeding.done.is_set()
        revoked = read_revocation(registry.sent[0][0])
        record, exchange = read_record(registry.sent[0][1])
        assert (revoked.revocation.amid, revoked.successor) == (it.node.amid, done.new)
        assert revoked.revocation.note == "A new machine."
        assert record.amid == exchange.amid == done.new
        document = msgspec.msgpack.decode(done.exchange.public, type=Signed)
        assert record.exchange_key == document
        await it.watch.look()
        assert it.alarms() == []
        assert "keys_succeeded" in it.node.kinds()


async def test_whatever_is_lost_the_same_is_published_again() -> None:
    async with watched() as it:
        registry = Registry(it, TransportError("registry_unreachable"), TransportError("cut"))
        first = await _succeeding(it, registry).rotate("")
        assert not first.is_published
        assert not _succeeding(it, registry).done.is_set()
        it.pair.clock.advance(100)
        again = _succeeding(it, registry)  # after a restart
        assert not (await again.rotate("another note")).is_published
        last = await again.rotate("")
        assert last.is_published
        assert registry.sent[0] == registry.sent[1] == registry.sent[2]
        assert (await again.pending()) == last
        assert (await again.rotate("")) == last
        assert len(registry.sent) == 3


async def test_it_goes_on_by_itself() -> None:
    async with watched() as it:
        registry = Registry(it, TransportError("registry_unreachable"))
        await _succeeding(it, registry).rotate("")
        async with _succeeding(it, registry) as later:
            await later.done.wait()
        assert len(it.log.revocations) == 1


async def test_what_the_registry_refuses_leaves_nothing_behind() -> None:
    async with watched() as it:
        registry = Registry(it, Refused("already_revoked", "It was revoked before."))
        succeeding = _succeeding(it, registry)
        with pytest.raises(UsageError) as caught:
            await succeeding.rotate("")
        assert caught.value.code == "already_revoked"
        assert await succeeding.pending() is None
        assert not succeeding.done.is_set()


async def test_who_talks_with_us_is_told_in_the_session() -> None:
    async with watched() as it:
        high, node = it.pair.high, it.node
        for one, other in ((node, high), (high, node)):
            await one.say(other, "hello")
            await it.pair.settle()
        before = len(it.pair.wire.carried)
        await _succeeding(it, Registry(it)).rotate("")
        await it.pair.settle()
        sent = [frame for us, frame in it.pair.wire.carried[before:] if us == node.amid]
        assert len(sent) >= 1
        assert await high.texts() == ["hello"]
