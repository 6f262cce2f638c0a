"""What several doors say alike to whom they refuse."""

from agentmesh.errors import Refused, RemoteProtocolError
from agentmesh.protocol.ids import Amid


def unknown_signer() -> RemoteProtocolError:
    """Return the error that says: whoever signed this has to register first."""
    return RemoteProtocolError(
        "unknown_signer",
        "This registry does not know the agent that signed the request.",
        "Register first: POST /v1/registry/register.",
    )


def revoked(amid: Amid) -> Refused:
    """Return the error that says: this identity was taken back."""
    return Refused(
        "identity_revoked",
        f"The identity {amid} was revoked.",
        f"GET /v1/registry/revocation?amid={amid} has the proof.",
    )
