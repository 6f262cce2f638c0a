"""What the two sides of a session can do together, when one of them says that this has changed."""

from collections.abc import Iterable

import msgspec

from agentmesh.messages import capabilities
from agentmesh.session.effects import AnyEffect, Hear
from agentmesh.session.events import Saying
from agentmesh.session.keyring import KeyRing
from agentmesh.session.states import Open

UPDATE = "capability_update"


def told(state: Open, effects: Iterable[AnyEffect], keys: KeyRing) -> Open:
    """Return the state after what the peer said of its capabilities."""
    agreed = state.agreed
    for effect in effects:
        if isinstance(effect, Hear) and effect.envelope.type == UPDATE:
            agreed = capabilities.updated(agreed, effect.envelope.payload, keys.offers)
    return state if agreed is state.agreed else msgspec.structs.replace(state, agreed=agreed)


def said(state: Open, sayings: Iterable[Saying]) -> Open:
    """Return the state after what we said of ours: whether the peer has what is new is its word."""
    agreed = state.agreed
    for saying in sayings:
        if saying.type == UPDATE:
            agreed = capabilities.withdrawn(agreed, saying.payload)
    return state if agreed is state.agreed else msgspec.structs.replace(state, agreed=agreed)
