"""Under which keys agents sign. An AMID follows from its key, so what was read once is always true.

Whether the agent still counts is another question: the transaction that remembers the request asks
it (`storage/nonces.py`).
"""

from collections import OrderedDict

from agentmesh.protocol.ids import Amid
from agentmesh_registry.refusals import revoked, unknown_signer
from agentmesh_registry.storage.agents import Agents

MAX_KEPT = 20_000
"""Beyond, whose last request is the longest ago is looked up again."""


class Signers:
    """The keys of those who have asked something lately."""

    def __init__(self, agents: Agents) -> None:
        self._agents = agents
        self._kept: OrderedDict[Amid, bytes] = OrderedDict()

    async def key_of(self, amid: Amid) -> bytes:
        """Return a registered agent's key; it may have been revoked since it was read."""
        key = self._kept.pop(amid, None) or await self._read(amid)
        self._kept[amid] = key
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        return key

    def forget(self, amid: Amid) -> None:
        """Look an agent up again the next time: it does not count any more. From any thread."""
        self._kept.pop(amid, None)

    async def _read(self, amid: Amid) -> bytes:
        known = await self._agents.signing_key(amid)
        if known is None:
            raise unknown_signer()
        key, revoked_at = known
        if revoked_at is not None:
            raise revoked(amid)
        return key
