"""The daemon's settings: flag > environment > config.json > default. A frozen value, read once.

Unknown names are errors, since a typo must not be silent. Only this file knows the names.
"""

import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec

from agentmesh.crypto.suites import SuiteName, offered
from agentmesh.daemon.dashboard.tokens import FRESH_SECONDS
from agentmesh.errors import UsageError
from agentmesh.messages.negotiation import Ours
from agentmesh.node.publishing import Profile
from agentmesh.protocol.categories import take_apart
from agentmesh.protocol.certificates.names import AUTHORITY
from agentmesh.protocol.limits import (
    MAX_CAPABILITIES,
    MAX_ID_LETTERS,
    MAX_NAME_LETTERS,
    MAX_SESSION_SECONDS,
    SESSION_CACHE_SECONDS,
)
from agentmesh.protocol.records import Capability
from agentmesh.protocol.requests import audience_of
from agentmesh.protocol.urls import taken_apart

CONFIG = "config.json"
RELAY, REGISTRY = "ws://127.0.0.1:8765", "http://127.0.0.1:8080"
DASHBOARD_PORT = 7777
MAX_TRUSTED_CAS = 20
_SCHEMES = {"relay": {"ws", "wss"}, "registry": {"http", "https"}}
_TRUSTED_CAS = "AGENTMESH_TRUSTED_CAS"
_ENVIRONMENT = {"relay": "AGENTMESH_RELAY_URL", "registry": "AGENTMESH_REGISTRY_URL"}

Words = Annotated[
    tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_ID_LETTERS)], ...],
    msgspec.Meta(max_length=MAX_CAPABILITIES),
]
KeyId = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{40}$")]
KeyStorage = Literal["auto", "keyring", "passphrase", "file"]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `config.json` may say."""

    relay: str = RELAY
    registry: str = REGISTRY
    name: Annotated[str, msgspec.Meta(max_length=MAX_NAME_LETTERS)] = ""
    capabilities: Annotated[
        tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=129)], ...],
        msgspec.Meta(max_length=MAX_CAPABILITIES),
    ] = ()
    languages: Words = ()
    payment_methods: Words = ()
    key_storage: KeyStorage = "auto"
    publish_presence: bool = True
    private_relays: bool = False
    session_cache_seconds: Annotated[int, msgspec.Meta(ge=0, le=MAX_SESSION_SECONDS)] = (
        SESSION_CACHE_SECONDS
    )
    dashboard_port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = DASHBOARD_PORT
    dashboard_fresh_seconds: Annotated[int, msgspec.Meta(ge=5, le=FRESH_SECONDS)] = FRESH_SECONDS
    framework: tuple[str, str] = ("", "")
    suites: tuple[SuiteName, ...] = ()
    trusted_cas: Annotated[tuple[KeyId, ...], msgspec.Meta(max_length=MAX_TRUSTED_CAS)] = ()


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """The settings in force, and where everything lies."""

    home: Path
    settings: Settings

    def adverts(self) -> tuple[Capability, ...]:
        """Return the capabilities as the record has them."""
        parts = (take_apart(text) for text in self.settings.capabilities)
        return tuple(Capability(category=first, subcategory=rest) for first, rest in parts)

    def ours(self) -> Ours:
        """Return what we answer to a peer that asks what we have."""
        said = self.settings
        return Ours(
            capabilities=said.capabilities,
            languages=said.languages,
            payment_methods=said.payment_methods,
        )

    def profile(self) -> Profile:
        """Return what our record says of us."""
        return Profile(
            display_name=self.settings.name,
            capabilities=self.adverts(),
            relay_endpoint=self.settings.relay,
            shown_at=self.shown_at(),
        )

    def shown_at(self) -> str:
        """Return the registry where everybody may see how we are; empty: nobody may."""
        return audience_of(self.settings.registry) if self.settings.publish_presence else ""

    @property
    def private_relays(self) -> bool:
        """Whether peers' relays may be in private networks: if ours is, theirs may be, too."""
        return self.settings.private_relays or _is_private(self.settings.relay)


def read(home: Path, environment: Mapping[str, str], flags: Mapping[str, object]) -> Config:
    """Return the settings in force; `flags` are those that were given."""
    said = {**_from_file(home / CONFIG), **flags}
    from_environment: dict[str, object] = {
        field: environment[name] for field, name in _ENVIRONMENT.items() if environment.get(name)
    }
    if environment.get(_TRUSTED_CAS):
        from_environment["trusted_cas"] = _authorities(environment[_TRUSTED_CAS])
    in_force = {**said, **{k: v for k, v in from_environment.items() if k not in flags}}
    settings = _settings(in_force)
    for field, schemes in _SCHEMES.items():
        _check_url(field, getattr(settings, field), schemes)
    config = Config(home=home, settings=settings)
    config.adverts()  # a capability that is none is said now
    if not offered(config.settings.suites):
        raise UsageError(
            "suite_unavailable",
            f"Of the suites in config.json none is there: {', '.join(settings.suites)}.",
            "pip install 'agentmesh-openclaw[olm]', or leave `suites` out.",
        )
    return config


def _authorities(text: str) -> list[str]:
    """Return the ids in a list: as they are printed, or the names that they are part of."""
    named = text.replace(",", "\n").splitlines()
    ids = [it.strip().removeprefix(AUTHORITY).lower() for it in named if it.strip()]
    for it in ids or [text]:
        if not re.fullmatch("[0-9a-f]{40}", it):
            raise UsageError(
                "invalid_authority",
                f"{_TRUSTED_CAS} names {it[:60]!r}, which is no authority.",
                "An authority is 40 digits of hex, as agentmesh-registry create-authority prints.",
            )
    return ids


def to_keep(home: Path, flags: Mapping[str, object]) -> bytes | None:
    """Return what `config.json` is to say from now on; None if the flags change nothing."""
    before = _from_file(home / CONFIG)
    after = {**before, **flags}
    if after == before:
        return None
    _settings(after)
    return msgspec.json.format(msgspec.json.encode(after)) + b"\n"


def _from_file(path: Path) -> dict[str, object]:
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UsageError("config_unreadable", f"{path}: {error.strerror}.") from None
    try:
        return msgspec.json.decode(text, type=dict[str, object])
    except (ValueError, RecursionError) as error:
        raise UsageError(
            "config_malformed", f"{path} is not a JSON object: {error}.", "Correct it by hand."
        ) from None


def _settings(said: Mapping[str, object]) -> Settings:
    known = Settings.__struct_fields__
    for name in said:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Known are: {', '.join(known)}."
            raise UsageError("config_unknown_name", f"config.json has no {name[:60]!r}.", hint)
    try:
        settings = msgspec.convert(dict(said), Settings)
    except msgspec.ValidationError as error:
        raise UsageError("config_wrong_type", f"config.json: {error}.") from None
    return msgspec.structs.replace(settings, name=settings.name.strip())


def _check_url(field: str, url: str, schemes: set[str]) -> None:
    parts = taken_apart(url)
    if parts is None or parts.scheme not in schemes:
        begins = " or ".join(f"{it}://" for it in sorted(schemes))
        raise UsageError(
            "invalid_url",
            f"The {field}'s address {url[:80]!r} leads nowhere: it needs {begins}, "
            "a host, and no port above 65535.",
            f"For example: {RELAY if field == 'relay' else REGISTRY}",
        )


def _is_private(url: str) -> bool:
    return urlsplit(url).scheme == "ws"
