"""Signed HTTP requests: who asks, and that nobody changed or repeats what was asked.

    Authorization: AgentMesh <amid>:<unix seconds>:<nonce>:<signature>

Nonce (16 bytes) and signature are base64url without padding. The signature is for the purpose
`registry` and over seven lines, which both sides make from the request itself: AMID, audience,
method, target, SHA-256 of the body in hex, seconds, nonce. The header brings no key: whoever
verifies knows the signer's key already, or takes it from the record that the request registers.
"""

import base64
import hashlib
import re
from collections.abc import Callable

import msgspec
from nacl.exceptions import CryptoError as SodiumError
from nacl.signing import VerifyKey

from agentmesh.errors import CryptoError, RemoteProtocolError, UsageError
from agentmesh.protocol import limits, urls
from agentmesh.protocol.ids import Amid, amid_of
from agentmesh.protocol.signed import Purpose, signing_bytes
from agentmesh.protocol.world import Entropy

SCHEME = "AgentMesh"
NONCE_BYTES = 16

SignBytes = Callable[[bytes, Purpose], bytes]
"""Return the bare signature of these bytes for this purpose."""

_HEADER = re.compile(
    r"AgentMesh ([1-9A-HJ-NP-Za-km-z]{20,28}):([0-9]{1,12}):([\w-]{22}):([\w-]{86})", re.ASCII
)
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Request(msgspec.Struct, frozen=True):
    """What is signed of a request. `target` is path and query as they are sent."""

    audience: str
    method: str
    target: str
    body: bytes = b""


class Authorization(msgspec.Struct, frozen=True):
    """The header, taken apart; nothing in it is believed yet."""

    amid: Amid
    seconds: int
    nonce: str
    signature: bytes


def audience_of(url: str) -> str:
    """Return the audience that a registry's URL names: in one spelling, without a last slash."""
    parts = urls.taken_apart(url.strip())
    if parts is None or parts.scheme not in _DEFAULT_PORTS:
        raise _not_a_registry(url)
    if parts.query or parts.fragment or parts.username is not None:
        raise _not_a_registry(url)
    return urls.origin(parts, _DEFAULT_PORTS) + parts.path.rstrip("/")


def _not_a_registry(url: str) -> UsageError:
    return UsageError(
        "invalid_url",
        f"{url[:100]!r} is not the address of a registry.",
        "It looks like https://registry.example or http://127.0.0.1:8080.",
    )


def authorize(request: Request, amid: Amid, sign: SignBytes, now: float, entropy: Entropy) -> str:
    """Return the `Authorization` header for a request of ours."""
    seconds = int(now)
    nonce = _to_text(entropy(NONCE_BYTES))
    signature = sign(_lines(request, amid, seconds, nonce), Purpose.REGISTRY)
    return f"{SCHEME} {amid}:{seconds}:{nonce}:{_to_text(signature)}"


def parse(header: str) -> Authorization:
    """Return the parts of an `Authorization` header, or blame its sender."""
    match = _HEADER.fullmatch(header)
    if match is None:
        raise not_signed()
    amid, seconds, nonce, signature = match.groups()
    return Authorization(Amid(amid), int(seconds), nonce, _to_bytes(signature))


def not_signed() -> RemoteProtocolError:
    """Return what a request without a good `Authorization` header is answered with."""
    return RemoteProtocolError(
        "unauthorized",
        "This request has to be signed.",
        "Authorization: AgentMesh <amid>:<unix seconds>:<nonce>:<signature>",
    )


def verify(given: Authorization, request: Request, signing_key: bytes, now: float) -> None:
    """Return if the key's owner signed this request, and just now. Replays are for the caller."""
    if amid_of(signing_key) != given.amid:
        raise CryptoError("signature_invalid", "The AMID does not follow from the key.")
    signed = signing_bytes(
        Purpose.REGISTRY, _lines(request, given.amid, given.seconds, given.nonce)
    )
    try:
        VerifyKey(signing_key).verify(signed, given.signature)
    except (SodiumError, ValueError, TypeError):
        raise CryptoError("signature_invalid", "The signature does not fit the request.") from None
    age = now - given.seconds
    # The time is judged last: only its owner learns that a clock is wrong.
    if age > limits.SIGNATURE_MAX_AGE or age < -limits.SIGNATURE_MAX_AHEAD:
        side = "behind" if age > 0 else "ahead of"
        raise RemoteProtocolError(
            "timestamp_expired",
            f"The signer's clock is {abs(age):.0f} seconds {side} this one.",
            "Set the machine's clock (NTP), and sign again.",
        )


def _lines(request: Request, amid: Amid, seconds: int, nonce: str) -> bytes:
    digest = hashlib.sha256(request.body).hexdigest()
    fields = (amid, request.audience, request.method, request.target, digest, str(seconds), nonce)
    if any("\n" in field for field in fields):
        raise UsageError("invalid_request", "A line break has no place in a request.")
    return "\n".join(fields).encode("utf-8", "surrogatepass")


def _to_text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _to_bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
