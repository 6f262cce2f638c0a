"""Which relays are believed, under which keys, and whose agents they may speak of."""

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from agentmesh.errors import RemoteProtocolError, UsageError
from agentmesh.protocol import requests
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.origin import origin_of
from agentmesh.protocol.relay_key import RelayKey
from agentmesh.protocol.requests import Authorization
from agentmesh.protocol.signed import Signed


class _Placed(msgspec.Struct, frozen=True):
    """Of a record, where its agent is found."""

    relay_endpoint: str


_signed_in = msgspec.msgpack.Decoder(Signed)
_placed_in = msgspec.msgpack.Decoder(_Placed)


class Claim(msgspec.Struct, frozen=True):
    """Who says that it signed a request, and when; `origins` are the relays that sign like that."""

    key: bytes
    origins: frozenset[str]
    said_at: int


class Relays:
    """The relays that the operator has named. One may have several keys, and a key several."""

    def __init__(self, named: Iterable[RelayKey]) -> None:
        self._keys: dict[Amid, bytes] = {}
        self._origins: defaultdict[Amid, set[str]] = defaultdict(set)
        for relay in named:
            self._keys[relay.amid] = relay.key
            self._origins[relay.amid].add(relay.origin)

    def claim(self, given: Authorization | None) -> Claim:
        """Return who claims to ask; its signature is still to be checked."""
        if given is None:
            raise requests.not_signed()
        if given.amid not in self._keys:
            raise RemoteProtocolError(
                "unknown_signer",
                "This registry does not know the relay that signed the request.",
                "Its operator names relays: --relay, and what `agentmesh-relay --show-key` prints.",
            )
        # The header has whole seconds; the end of its own is the latest it can mean.
        said_at = given.seconds * 1000 + 999
        return Claim(self._keys[given.amid], frozenset(self._origins[given.amid]), said_at)


def relay_named(signed: bytes) -> str:
    """Return the origin of the relay that a record names; empty if it is none that one can dial."""
    record = _placed_in.decode(_signed_in.decode(signed).payload)
    try:
        return origin_of(record.relay_endpoint)
    except UsageError:
        return ""
