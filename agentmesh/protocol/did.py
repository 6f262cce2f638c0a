"""DID documents (W3C DID Core 1.0) of agents.

Keys are multibase: `z`, then base58 of the multicodec prefix and the key.
"""

from typing import Any

from agentmesh.protocol import base58
from agentmesh.protocol.ids import Amid, amid_of, did_of

ED25519_PREFIX = b"\xed\x01"
X25519_PREFIX = b"\xec\x01"

_CONTEXT = (
    "https://www.w3.org/ns/did/v1",
    "https://w3id.org/security/suites/ed25519-2020/v1",
    "https://w3id.org/security/suites/x25519-2020/v1",
    # DID Core keeps `versionId` beside the document; readers of ours look for it inside.
    {"versionId": "https://schema.org/version"},
)


def multibase(prefix: bytes, key: bytes) -> str:
    """Return a public key as `z...`."""
    return "z" + base58.encode(prefix + key)


def did_document(
    signing_key: bytes, exchange_key: bytes, relay_endpoint: str, version: int
) -> dict[str, Any]:
    """Return the DID document of the agent with these public keys."""
    amid: Amid = amid_of(signing_key)
    did = did_of(amid)
    document: dict[str, Any] = {
        "@context": list(_CONTEXT),
        "id": did,
        "versionId": str(version),
        "verificationMethod": [
            {
                "id": f"{did}#signing",
                "type": "Ed25519VerificationKey2020",
                "controller": did,
                "publicKeyMultibase": multibase(ED25519_PREFIX, signing_key),
            }
        ],
        "authentication": [f"{did}#signing"],
        "assertionMethod": [f"{did}#signing"],
        "keyAgreement": [
            {
                "id": f"{did}#exchange",
                "type": "X25519KeyAgreementKey2020",
                "controller": did,
                "publicKeyMultibase": multibase(X25519_PREFIX, exchange_key),
            }
        ],
    }
    if relay_endpoint:
        document["service"] = [
            {"id": f"{did}#relay", "type": "AgentMeshRelay", "serviceEndpoint": relay_endpoint}
        ]
    return document
