"""Signing in at a provider: the address to go to, and whom the code that comes back stands for.

OpenID Connect with PKCE, state and nonce; GitHub, which has no ID tokens, by OAuth 2.0 with PKCE.
"""

import base64
import hashlib
from typing import Any
from urllib.parse import quote_plus, urlencode

import msgspec

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol.web_address import is_safe
from agentmesh.protocol.world import Clock
from agentmesh_registry.owners.asking import ask
from agentmesh_registry.owners.providers import SignIn

_KEPT_SECONDS = 3600
_METHODS = "token_endpoint_auth_methods_supported"


class Trip(msgspec.Struct, frozen=True, kw_only=True):
    """One way to a provider and back. All three are drawn anew for each."""

    state: str
    nonce: str
    verifier: str


class SignInDesk:
    """One provider."""

    def __init__(self, provider: SignIn, clock: Clock) -> None:
        self.provider = provider
        self._clock = clock
        self._known: tuple[float, dict[str, Any]] = (0.0, {})

    async def address(self, trip: Trip, callback: str) -> str:
        """Return where the owner goes."""
        digest = hashlib.sha256(trip.verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self.provider.client_id,
            "redirect_uri": callback,
            "scope": self.provider.scope,
            "state": trip.state,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        if self.provider.kind == "oidc":
            asked["nonce"] = trip.nonce
        start: str = (await self._metadata())["authorization_endpoint"]
        return start + ("&" if "?" in start else "?") + urlencode(asked)

    async def subject(self, trip: Trip, callback: str, code: str, issuer: str) -> str:
        """Return whom a code stands for. `issuer` is what came back with it, if anything did."""
        from agentmesh_registry.owners.id_token import Expected, subject_of  # noqa: PLC0415

        metadata = await self._metadata()
        says_issuer = metadata.get("authorization_response_iss_parameter_supported") is True
        if (issuer or says_issuer) and issuer != self.provider.issuer:
            raise RemoteProtocolError("issuer_mixed_up", "Another provider answered.")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": callback,
            "client_id": self.provider.client_id,
            "code_verifier": trip.verifier,
        }
        headers = self._authenticate(form, metadata)
        answer = await ask(metadata["token_endpoint"], form, headers)
        if self.provider.kind == "github":
            return await self._github_user(answer)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise RemoteProtocolError("provider_failed", "The provider gave no ID token.")
        expected = Expected(
            issuer=self.provider.issuer,
            client_id=self.provider.client_id,
            nonce=trip.nonce,
            now=int(self._clock.now()),
        )
        return subject_of(token, await ask(metadata["jwks_uri"]), expected)

    def _authenticate(self, form: dict[str, str], metadata: dict[str, Any]) -> dict[str, str]:
        """Say who we are, in the form or by the headers that are returned."""
        secret = self.provider.secret()
        if not secret:
            return {}
        if "client_secret_basic" in metadata.get(_METHODS, ["client_secret_basic"]):
            pair = f"{quote_plus(self.provider.client_id)}:{quote_plus(secret)}"
            return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        form["client_secret"] = secret
        return {}

    async def _github_user(self, answer: dict[str, Any]) -> str:
        token = answer.get("access_token")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise RemoteProtocolError("provider_failed", "GitHub gave no access token.")
        user = await ask(f"{self.provider.api}/user", None, {"Authorization": f"Bearer {token}"})
        number = user.get("id")
        if not isinstance(number, int) or isinstance(number, bool) or number <= 0:
            raise RemoteProtocolError("provider_failed", "GitHub did not say who signed in.")
        return str(number)

    async def _metadata(self) -> dict[str, Any]:
        """Return where the provider does what."""
        issuer = self.provider.issuer
        if self.provider.kind == "github":
            return {
                "authorization_endpoint": f"{issuer}/login/oauth/authorize",
                "token_endpoint": f"{issuer}/login/oauth/access_token",
                _METHODS: ["client_secret_post"],
            }
        until, known = self._known
        if self._clock.monotonic() < until:
            return known
        found = await ask(issuer.rstrip("/") + "/.well-known/openid-configuration")
        if found.get("issuer") != issuer:
            raise RemoteProtocolError("issuer_mixed_up", "The provider calls itself otherwise.")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not isinstance(found.get(name), str) or not is_safe(found[name]):
                raise RemoteProtocolError("provider_failed", f"The provider's {name} is unsafe.")
        self._known = (self._clock.monotonic() + _KEPT_SECONDS, found)
        return found
