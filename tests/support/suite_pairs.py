"""Both sides of sessions in the suites below the floor, at the very beginning."""

from agentmesh.crypto.olm import library
from agentmesh.crypto.olm.library import LIBOLM, VODOZEMAC, Library
from agentmesh.crypto.olm_cipher import OlmCipher
from agentmesh.crypto.x3dh_only import X3dhOnlyCipher
from agentmesh.protocol.frames import OlmKeys
from tests.support.crypto_parties import KNOCK, NOON, fixed_root

LIBRARIES = tuple(name for name in (VODOZEMAC, LIBOLM) if library.named(name))
PAIRS = tuple((ours, theirs) for ours in LIBRARIES for theirs in LIBRARIES)


def x3dh_pair() -> tuple[X3dhOnlyCipher, X3dhOnlyCipher]:
    """Return the initiator's and the responder's cipher."""
    root, _ = fixed_root()
    return (
        X3dhOnlyCipher.begin(KNOCK, root, "initiator", NOON),
        X3dhOnlyCipher.begin(KNOCK, root, "responder", NOON),
    )


def olm_library(name: str) -> Library:
    """Return an installed library."""
    found = library.named(name)
    assert found
    return found


def olm_pair(ours: str, theirs: str) -> tuple[OlmCipher, OlmCipher]:
    """Return the same, each side served by a library of its own."""
    root, _ = fixed_root()
    account = olm_library(ours).make_account()
    keys = OlmKeys(account.identity, account.one_time)
    bob, answer = OlmCipher.responder(KNOCK, root, keys, olm_library(theirs))
    return OlmCipher.initiator(KNOCK, root, account, answer), bob
