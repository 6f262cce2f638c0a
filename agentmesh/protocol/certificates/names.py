"""How certificates name things: domains, keys, and agents under a domain.

A domain has one spelling: lower-case ASCII labels, no dot at the end, no wildcard, at least two of
them. Anything else is refused, never corrected: what is compared has to be what was meant.
"""

import hashlib
import re

from agentmesh.errors import UsageError

NOBODYS_DOMAIN = "agentmesh.invalid"
"""Where agents are named for whom no organisation speaks. Nobody can own it (RFC 2606)."""
AUTHORITY = "agentmesh authority "
"""How the name of an authority begins; the id of its key follows, in hex."""
MAX_DOMAIN = 64  # what a common name may have
KEY_ID_BYTES = 20
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_TOP = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
_NOT_OWNED = frozenset({"invalid", "localhost", "arpa", "onion"})


def parse_domain(text: str) -> str:
    """Return the domain of an organisation, which has exactly this spelling, or `UsageError`."""
    labels = text.split(".")
    is_domain = (
        len(text) <= MAX_DOMAIN
        and len(labels) > 1
        and all(_LABEL.fullmatch(label) for label in labels)
        and _TOP.fullmatch(labels[-1]) is not None
        and labels[-1] not in _NOT_OWNED
    )
    if not is_domain:
        raise UsageError(
            "invalid_domain",
            f"{text[:80]!r} is not a domain that an organisation can have.",
            "For example: example.org, in lower case, with xn-- for letters beyond a to z.",
        )
    return text


def key_id(key: bytes) -> bytes:
    """Return by which id certificates refer to a key. An AMID is the same bytes in base58."""
    return hashlib.sha256(key).digest()[:KEY_ID_BYTES]


def agent_name(key: bytes, domain: str) -> str:
    """Return the DNS name of an agent: DNS knows no upper case, so its label is in hex."""
    return f"{key_id(key).hex()}.{domain}"


def authority_name(key: bytes) -> str:
    """Return the name of the authority with this key."""
    return AUTHORITY + key_id(key).hex()
