"""Forged ID tokens: each is refused, and an honest one is not."""

import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from agentmesh_registry.owners.id_token import Expected, subject_of
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from agentmesh.errors import CryptoError
from tests.support.identity_provider import CLIENT, KEY, part, signed

NOW = 1_800_000_000
ISSUER = "https://id.example"
EXPECTED = Expected(issuer=ISSUER, client_id=CLIENT, nonce="n-1", now=NOW)
HONEST: dict[str, Any] = {
    "iss": ISSUER, "aud": CLIENT, "sub": "u-1", "nonce": "n-1", "iat": NOW, "exp": NOW + 300,
}  # fmt: skip
KEYS = {"keys": [KEY.as_dict(private=False)]}
OTHER = RSAKey.generate_key(2048, {"kid": "one"})
CURVE = ECKey.generate_key("P-256", {"kid": "two"})
EDWARDS = OKPKey.generate_key("Ed25519", {"kid": "three"})


def without_signature(alg: str) -> str:
    return f"{part({'alg': alg, 'kid': 'one'})}.{part(HONEST)}."


def by_public_key_as_secret(form: str) -> str:
    """HS256 with the provider's public key as the secret: the classic confusion."""
    public = KEY.as_pem(private=False) if form == "pem" else json.dumps(KEYS["keys"][0]).encode()
    return by_secret(public)


def by_secret(secret: bytes) -> str:
    signed_part = f"{part({'alg': 'HS256', 'kid': 'one'})}.{part(HONEST)}"
    return f"{signed_part}.{part(hmac.digest(secret, signed_part.encode(), 'sha256'))}"


def tampered(change: Callable[[list[str]], list[str]]) -> str:
    return ".".join(change(signed(HONEST).split(".")))


def flipped(text: str) -> str:
    return ("A" if text[0] != "A" else "B") + text[1:]


def claims(**changes: object) -> str:
    changed = {**HONEST, **changes}
    return signed({name: value for name, value in changed.items() if value is not None})


FORGED: dict[str, str] = {
    **{f"alg {alg}": without_signature(alg) for alg in ("none", "None", "NONE", "", "nOnE")},
    "no alg": f"{part({'kid': 'one'})}.{part(HONEST)}.",
    "public key as secret, pem": by_public_key_as_secret("pem"),
    "public key as secret, jwk": by_public_key_as_secret("jwk"),
    "client id as secret": by_secret(CLIENT.encode()),
    "another key": signed(HONEST, OTHER),
    "another key, its own kid": signed(HONEST, OTHER, kid="elsewhere"),
    "another key, no kid": signed(HONEST, OTHER, kid=None),
    "kid as a path": signed(HONEST, OTHER, kid="../../dev/null"),
    "kid as a query": signed(HONEST, OTHER, kid="' OR 1=1 --"),
    "its own key in the header": signed(HONEST, OTHER, jwk=OTHER.as_dict(private=False)),
    "right key, but a key in the header": signed(HONEST, jwk=OTHER.as_dict(private=False)),
    "keys by address": signed(HONEST, OTHER, jku="https://evil.example/keys"),
    "right key, keys by address": signed(HONEST, jku="https://evil.example/keys"),
    "certificate by address": signed(HONEST, OTHER, x5u="https://evil.example/cert"),
    "right key, certificate by address": signed(HONEST, x5u="https://evil.example/cert"),
    "signature removed": tampered(lambda it: [it[0], it[1], ""]),
    "signature of another": tampered(
        lambda it: [it[0], it[1], signed({**HONEST, "sub": "u-2"}).split(".")[2]]
    ),
    "claims replaced": tampered(lambda it: [it[0], part({**HONEST, "sub": "admin"}), it[2]]),
    "header replaced": tampered(lambda it: [part({"alg": "PS256", "kid": "one"}), *it[1:]]),
    "bit flipped": tampered(lambda it: [it[0], it[1], flipped(it[2])]),
    "two parts": tampered(lambda it: it[:2]),
    "four parts": tampered(lambda it: [*it, it[2]]),
    "five parts, as if encrypted": "a.b.c.d.e",
    "nothing": "",
    "dots": "..",
    "not base64": "!!.!!.!!",
    "too long": signed({**HONEST, "x": "x" * 20_000}),
    "nested": signed({"token": signed(HONEST)}),
    "curve under an RSA kid": jwt.encode({"alg": "ES256", "kid": "one"}, HONEST, CURVE),
    "unknown curve key": jwt.encode({"alg": "ES256", "kid": "two"}, HONEST, CURVE),
    "unknown Edwards key": jwt.encode(
        {"alg": "Ed25519", "kid": "three"}, HONEST, EDWARDS, ["Ed25519"]
    ),
    "RS512 is not asked for": jwt.encode({"alg": "RS512", "kid": "one"}, HONEST, KEY, ["RS512"]),
    "another issuer": claims(iss="https://evil.example"),
    "issuer with a slash": claims(iss=ISSUER + "/"),
    "issuer in capitals": claims(iss=ISSUER.upper()),
    "issuer as a list": claims(iss=[ISSUER]),
    "no issuer": claims(iss=None),
    "another audience": claims(aud="somebody-else"),
    "several audiences": claims(aud=[CLIENT, "somebody-else"]),
    "no audience": claims(aud=None),
    "empty audiences": claims(aud=[]),
    "audience as a prefix": claims(aud=CLIENT + "-2"),
    "asked for by another": claims(azp="somebody-else"),
    "another nonce": claims(nonce="n-2"),
    "no nonce": claims(nonce=None),
    "empty nonce": claims(nonce=""),
    "nonce as a list": claims(nonce=["n-1"]),
    "expired": claims(exp=NOW - 61),
    "no end": claims(exp=None),
    "end as text": claims(exp=str(NOW + 300)),
    "end as truth": claims(exp=True),
    "end as a fraction": claims(exp=NOW + 0.5),
    "of the future": claims(iat=NOW + 61),
    "of long ago": claims(iat=NOW - 601),
    "no time of issue": claims(iat=None),
    "not valid yet": claims(nbf=NOW + 61),
    "no subject": claims(sub=None),
    "empty subject": claims(sub=""),
    "subject as a number": claims(sub=7),
    "subject as a list": claims(sub=["u-1"]),
    "subject without end": claims(sub="u" * 256),
}


def test_there_are_sixty_forgeries() -> None:
    assert len(FORGED) >= 60


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_token_is_refused(name: str) -> None:
    with pytest.raises(CryptoError) as caught:
        subject_of(FORGED[name], KEYS, EXPECTED)
    assert caught.value.code == "id_token_invalid"


@pytest.mark.parametrize(
    "keys", [{}, {"keys": []}, {"keys": [{"kty": "oct", "k": "AAAA"}]}, {"keys": [{}]}], ids=str
)
def test_without_a_public_key_nothing_is_believed(keys: dict[str, Any]) -> None:
    with pytest.raises(CryptoError):
        subject_of(signed(HONEST), keys, EXPECTED)


def test_honest_tokens_are_read() -> None:
    assert subject_of(signed(HONEST), KEYS, EXPECTED) == "u-1"
    assert subject_of(claims(aud=[CLIENT]), KEYS, EXPECTED) == "u-1"
    assert subject_of(claims(azp=CLIENT), KEYS, EXPECTED) == "u-1"
    several = {"keys": [key.as_dict(private=False) for key in (KEY, CURVE, EDWARDS)]}
    curve = jwt.encode({"alg": "ES256", "kid": "two"}, HONEST, CURVE)
    assert subject_of(curve, several, EXPECTED) == "u-1"
