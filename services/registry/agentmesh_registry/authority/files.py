"""Where an authority lies: its key in a file or behind a program, its certificate beside it."""

import base64
import os
import textwrap
from pathlib import Path

from agentmesh.errors import AgentMeshError, StorageError, UsageError
from agentmesh.observability.private_file import write_once
from agentmesh.protocol.certificates.contents import LONGEST, Validity, for_authority, new_serial
from agentmesh.protocol.certificates.form import write
from agentmesh.protocol.signed import KEY_BYTES
from agentmesh.protocol.world import Clock, Entropy
from agentmesh_registry.authority.desk import Authority, authority_of
from agentmesh_registry.authority.key import (
    ELSEWHERE,
    AuthorityKey,
    make_key_file,
    open_key_file,
    open_program,
)
from agentmesh_registry.config import Config, authority_path
from agentmesh_registry.storage.certificates import CertificateStore

_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


def create(config: Config, clock: Clock, entropy: Entropy) -> tuple[Authority, Path]:
    """Make an authority, whole or not at all; return it, and where its certificate is."""
    place = certificate_path(config)
    if os.path.lexists(place):
        raise _exists(place)
    key = _new_key(config, entropy)
    try:
        now = int(clock.now())
        valid = Validity(now, now + LONGEST["authority"])
        data = write(for_authority(key.public, valid, new_serial(entropy)), key.sign)
        made = authority_of(data, key)
        _write_new(place, _pem(data).encode())
    except AgentMeshError:
        if not config.authority_program:
            authority_path(config).unlink()  # nothing goes back to it
        raise
    return made, place


def opened_authority(config: Config) -> Authority | None:
    """Return the authority of these settings; None if there is none, and none was named."""
    place = certificate_path(config)
    is_named = bool(config.authority or config.authority_program)
    if not place.exists() and not is_named:
        return None
    try:
        data = _from_pem(place.read_text())
    except OSError as error:
        raise StorageError(
            "authority_unreadable",
            f"The authority's certificate in {place} cannot be read: {error.strerror}.",
            "agentmesh-registry create-authority makes one.",
        ) from None
    try:
        return authority_of(data, _key(config))
    except AgentMeshError as error:
        if error.code == "invalid_certificate":
            raise _malformed(place) from None
        raise


def certificate_path(config: Config) -> Path:
    """Return where the authority's certificate is."""
    key = authority_path(config)
    return key.with_name(key.name + ".crt")


async def claim_authority(store: CertificateStore, authority: Authority | None) -> None:
    """Return if this authority is the database's own: agents know it, and take no other."""
    if authority is not None and not await store.claim(authority.certificate.data):
        raise UsageError(
            "authority_differs",
            "The certificates in this database were issued by another authority.",
            "Name the key it was made with: --authority /path/to/authority-key",
        )


def _write_new(place: Path, data: bytes) -> None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        is_new = write_once(place, data)
    except OSError as error:
        message = f"The certificate cannot be written to {place}: {error.strerror}."
        raise StorageError("authority_unreadable", message, ELSEWHERE) from None
    if not is_new:
        raise _exists(place)


def _exists(place: Path) -> UsageError:
    return UsageError("file_exists", f"{place} exists already.", "An authority is made once.")


def _new_key(config: Config, entropy: Entropy) -> AuthorityKey:
    if config.authority_program:
        return open_program(config.authority_program)
    return make_key_file(authority_path(config), entropy(KEY_BYTES))


def _key(config: Config) -> AuthorityKey:
    if config.authority_program:
        return open_program(config.authority_program)
    return open_key_file(authority_path(config))


def _pem(data: bytes) -> str:
    lines = textwrap.wrap(base64.b64encode(data).decode(), 64)
    return "\n".join([_BEGIN, *lines, _END, ""])


def _from_pem(text: str) -> bytes:
    _, found, rest = text.partition(_BEGIN)
    body, ended, _ = rest.partition(_END)
    try:
        if found and ended:
            return base64.b64decode("".join(body.split()), validate=True)
    except ValueError:
        pass
    return b""


def _malformed(place: Path) -> UsageError:
    return UsageError(
        "authority_malformed",
        f"{place} holds no certificate of an authority.",
        "Put the file back from a backup.",
    )
