"""Reading an ID token: who signed in, by the word of one provider, to us, just now."""

from collections.abc import Mapping
from typing import Any

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from agentmesh.errors import CryptoError

ALGORITHMS = ("RS256", "PS256", "ES256", "Ed25519")
_PUBLIC = {"RSA", "EC", "OKP"}
_LEEWAY = 60
_OLDEST = 600
_MAX_TOKEN = 16 * 1024
_FORBIDDEN_HEADERS = {"jku", "jwk", "x5u", "x5c", "crit"}
"""A token does not say by which key it is to be believed."""


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What a token has to say."""

    issuer: str
    client_id: str
    nonce: str
    now: int


def subject_of(token: str, keys: Mapping[str, Any], expected: Expected) -> str:
    """Return the `sub` of a token, or raise `CryptoError` (`id_token_invalid`)."""
    if len(token) > _MAX_TOKEN:
        raise _invalid("it is too long")
    try:
        public = [key for key in keys.get("keys", ()) if key.get("kty") in _PUBLIC]
        read = jwt.decode(token, KeySet.import_key_set({"keys": public}), algorithms=ALGORITHMS)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise _invalid("its signature does not fit") from None
    if _FORBIDDEN_HEADERS & set(read.header):
        raise _invalid("it names its own key")
    return _checked(read.claims, expected)


def _checked(claims: Mapping[str, Any], expected: Expected) -> str:
    audience = claims.get("aud")
    if claims.get("iss") != expected.issuer:
        raise _invalid("another issuer made it")
    if audience not in (expected.client_id, [expected.client_id]):
        raise _invalid("it is for somebody else")
    if claims.get("azp", expected.client_id) != expected.client_id:
        raise _invalid("it was asked for by somebody else")
    if not expected.nonce or claims.get("nonce") != expected.nonce:
        raise _invalid("it belongs to another sign-in")
    expires, issued = _time(claims, "exp"), _time(claims, "iat")
    if expires <= expected.now - _LEEWAY:
        raise _invalid("it has expired")
    if not -_LEEWAY <= expected.now - issued <= _OLDEST:
        raise _invalid("it is not of now")
    if _time(claims, "nbf", 0) > expected.now + _LEEWAY:
        raise _invalid("it is not valid yet")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise _invalid("it names nobody")
    return subject


def _time(claims: Mapping[str, Any], name: str, default: int | None = None) -> int:
    value = claims.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool):
        raise _invalid(f"its {name} is no time")
    return value


def _invalid(why: str) -> CryptoError:
    return CryptoError("id_token_invalid", f"The provider's token was refused: {why}.")
