"""Our long-term keys as the daemon holds them, and what is derived from the master secret."""

from dataclasses import dataclass, field

from agentmesh.crypto.kdf import Label, derive
from agentmesh.crypto.secret import Secret
from agentmesh.crypto.vault import Vault
from agentmesh.identity.keys import Identity, PublicIdentity
from agentmesh.protocol.times import from_text
from agentmesh.protocol.world import Entropy
from agentmesh.storage.key_sealing import SavedKeys, Storage


@dataclass(frozen=True, kw_only=True)
class OpenKeys:
    """Our keys, ready for use."""

    identity: Identity
    public: PublicIdentity
    storage: Storage
    created: bool = False
    first_exchange: Secret | None = field(repr=False)
    """The exchange key made with the identity, until `exchange_key_rotated`."""
    master: Secret = field(repr=False)

    def vault(self, entropy: Entropy) -> Vault:
        """Return what seals the database's rows."""
        return Vault(self.master, entropy)

    def transcripts_key(self) -> Secret:
        """Return the key of the transcripts."""
        return derive(self.master, Label.TRANSCRIPTS)

    def audit_key(self) -> Secret:
        """Return the key of the audit log's chain."""
        return derive(self.master, Label.AUDIT)

    def saved(self) -> SavedKeys:
        """Return what a backup keeps of these keys."""
        return SavedKeys(
            seed=self.identity.seed().reveal(),
            master=self.master.reveal(),
            created_at=from_text(self.public.created_at),
            storage=self.storage,
        )
