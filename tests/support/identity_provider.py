"""An OpenID provider that can lie: real HTTP, real keys, and a place for each forgery."""

import base64
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from agentmesh_registry.config import Address
from agentmesh_registry.listener import Crowd, bind, bound, serving
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import RSAKey

CLIENT, SECRET = "agentmesh-test", "not so secret"
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
Token = Callable[[dict[str, Any]], str]


def part(value: object) -> str:
    """Return a part of a token."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(claims: dict[str, Any], key: Any = KEY, **header: Any) -> str:
    """Return claims as an honest provider signs them, but for what the header says.

    By hand: a library that refuses to read such headers refuses to write them, too.
    """
    said = {"alg": "RS256", "kid": "one", **header}
    kept = {name: value for name, value in said.items() if value is not None}
    words = f"{part(kept)}.{part(claims)}"
    signature = key.private_key.sign(words.encode(), PKCS1v15(), SHA256())
    return f"{words}.{part(signature)}"


class IdentityProvider:
    """Answers as an honest one would, unless a test changes an answer."""

    def __init__(self, url: str, now: Callable[[], float]) -> None:
        self.issuer = url
        self._now = now
        self._visits: dict[str, dict[str, str]] = {}
        self.metadata: dict[str, Any] = {
            "issuer": url,
            "authorization_endpoint": f"{url}/authorize",
            "token_endpoint": f"{url}/token",
            "jwks_uri": f"{url}/keys",
        }
        self.keys: dict[str, Any] = {"keys": [KEY.as_dict(private=False)]}
        self.token: Token = signed
        self.claims: dict[str, Any] = {}
        self.refused: list[str] = []

    def sign_in(self, address: str, subject: str, **changes: str) -> str:
        """Sign in as somebody; return path and query that the browser then goes to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = f"code {len(self._visits)}"
        self._visits[code] = {**asked, "sub": subject}
        back = {"code": code, "state": asked["state"], **changes}
        return f"{urlsplit(asked['redirect_uri']).path}?{urlencode(back)}"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Serve whatever is asked for."""
        if request.path == "/.well-known/openid-configuration":
            return web.json_response(self.metadata)
        if request.path == "/keys":
            return web.json_response(self.keys)
        if request.path == "/token":
            return self._exchange(dict(await request.post()), request.headers)
        return web.Response(status=404)

    def _exchange(self, form: dict[str, Any], headers: Any) -> web.Response:
        visit = self._visits.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        basic = "Basic " + base64.b64encode(f"{CLIENT}:not+so+secret".encode()).decode()
        checks = {
            "code": visit is not None,
            "client": headers.get("Authorization") == basic,
            "pkce": visit is not None
            and base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == visit["code_challenge"],
            "redirect": visit is not None and form.get("redirect_uri") == visit["redirect_uri"],
        }
        self.refused += [name for name, is_good in checks.items() if not is_good]
        if visit is None or not all(checks.values()):
            return web.json_response({"error": "invalid_grant"}, status=400)
        now = int(self._now())
        honest = {"iss": self.issuer, "aud": CLIENT, "sub": visit["sub"], "iat": now}
        claims = {**honest, "exp": now + 300, "nonce": visit["nonce"], **self.claims}
        kept = {name: value for name, value in claims.items() if value is not None}
        return web.json_response({"access_token": "x", "id_token": self.token(kept)})


@asynccontextmanager
async def provider(now: Callable[[], float]) -> AsyncIterator[IdentityProvider]:
    """Run a provider while inside."""
    app = web.Application()
    with bind(Address("127.0.0.1", 0)) as listener:
        made = IdentityProvider(bound(listener).url(), now)
        app.router.add_route("*", "/{path:.*}", made.answer)
        async with serving(app, listener, web.Response, arrival_seconds=5, crowd=Crowd(50, 50)):
            yield made
