"""Where owners can prove who they are, ready for use."""

from agentmesh.protocol.world import Clock, Entropy
from agentmesh_registry.owners.providers import Providers
from agentmesh_registry.owners.sign_in import SignInDesk


class OwnerDesk:
    """The providers of one registry."""

    def __init__(self, providers: Providers, clock: Clock, entropy: Entropy) -> None:
        self.sign_in = {it.name: SignInDesk(it, clock) for it in providers.sign_in}
        self.mail = providers.mail
        self.names = providers.names()
        self.entropy = entropy
