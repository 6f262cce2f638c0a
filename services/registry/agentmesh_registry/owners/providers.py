"""Where owners can prove who they are: one file of the operator's, secrets apart from it."""

import os
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from agentmesh.errors import UsageError
from agentmesh.protocol.web_address import is_safe

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_HINT = "services/registry/README.md shows one."
Name = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9-]{0,31}$")]


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file."""


class _WithSecret(_Table, frozen=True, kw_only=True):
    """A place with a secret: in a file of its own or in the environment, never in this one."""

    secret_file: str = ""
    secret_env: str = ""

    def secret(self) -> str:
        """Return the secret; empty where none is needed."""
        if self.secret_env:
            return os.environ.get(self.secret_env, "") or _missing(f"${self.secret_env}")
        if self.secret_file:
            try:
                return Path(self.secret_file).read_text().strip() or _missing(self.secret_file)
            except OSError:
                return _missing(self.secret_file)
        return ""


class SignIn(_WithSecret, frozen=True, kw_only=True):
    """An OpenID provider (`oidc`), or GitHub, which has its own way."""

    name: Name
    kind: Literal["oidc", "github"] = "oidc"
    issuer: str
    client_id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    scope: str = "openid"
    api: str = "https://api.github.com"
    """Where GitHub tells who signed in."""


class Mail(_WithSecret, frozen=True, kw_only=True):
    """A mail server that takes our letters. `starttls` may be turned off on loopback only."""

    host: str
    port: int = 587
    sender: str
    user: str = ""
    starttls: bool = True


class Providers(_Table, frozen=True, kw_only=True):
    """All of them."""

    sign_in: tuple[SignIn, ...] = ()
    mail: Mail | None = None

    def names(self) -> tuple[str, ...]:
        """Return what an owner may choose from."""
        return (*(it.name for it in self.sign_in), *(("email",) if self.mail else ()))


def read_providers(path: str) -> Providers:
    """Return the providers in a file; none without a file."""
    if not path:
        return Providers()
    found = _parsed(path)
    if found.sign_in and find_spec("joserfc") is None:
        raise UsageError(
            "driver_missing",
            "Signing in at providers needs the package joserfc.",
            "pip install 'agentmesh-openclaw[registry]'",
        )
    for provider in found.sign_in:
        for url in (provider.issuer, provider.api):
            if not is_safe(url):
                raise UsageError("invalid_providers", f"{path}: {url} is not https.", _HINT)
        provider.secret()
    if found.mail is not None:
        if not found.mail.starttls and found.mail.host not in _LOOPBACK:
            raise UsageError("invalid_providers", f"{path}: mail without TLS leaves here.", _HINT)
        found.mail.secret()
    if len(set(found.names())) != len(found.names()):
        raise UsageError("invalid_providers", f"{path}: a name is there twice.", _HINT)
    return found


def _parsed(path: str) -> Providers:
    try:
        return msgspec.convert(tomllib.loads(Path(path).read_text("utf-8")), Providers)
    except OSError as error:
        raise UsageError("invalid_providers", f"{path}: {error.strerror}.", _HINT) from None
    except UnicodeDecodeError:
        raise UsageError("invalid_providers", f"{path}: not text in UTF-8.", _HINT) from None
    except ValueError as error:
        raise UsageError("invalid_providers", f"{path}: {error}.", _HINT) from None


def _missing(where: str) -> str:
    raise UsageError("secret_missing", f"There is no secret in {where}.", _HINT)
