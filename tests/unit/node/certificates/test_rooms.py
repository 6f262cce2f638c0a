"""The rooms of certificates share what they trust."""

from agentmesh.discovery.chain import Chain
from agentmesh.node.certificates.rooms import certificate_rooms
from tests.support.node_pair import node_pair


async def test_who_issues_and_who_bears_trust_the_same_authority() -> None:
    async with node_pair() as pair:
        low = pair.low
        low.registry.is_absent = False
        directory = Chain([low.directory], low.clock)
        rooms = certificate_rooms(low.hand, low.authority, directory, lambda: 2)
        assert rooms.trust is low.authority.trust
        await rooms.fleets.register("acme.example", "")
        await rooms.fleets.verify("acme.example")
        assert low.registry.asked == ["/v1/registry/authority"]
        assert rooms.own.chain is None
