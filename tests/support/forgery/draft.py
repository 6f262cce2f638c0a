"""Certificates as a forger makes them: everything may be wrong, and the signature is good."""

from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding

from agentmesh.protocol.certificates.contents import Contents
from agentmesh.protocol.certificates.form import (
    Sign,
    SigningKey,
    extensions_of,
    moment,
    named,
)

Extension = tuple[x509.ExtensionType, bool]


@dataclass
class Draft:
    """A certificate before it is signed. What is set here is what will be in it."""

    contents: Contents
    subject: x509.Name = field(init=False)
    issuer: x509.Name = field(init=False)
    key: CertificatePublicKeyTypes = field(init=False)
    extensions: list[Extension] = field(init=False)

    def __post_init__(self) -> None:
        self.subject = named(self.contents.name)
        self.issuer = named(self.contents.issuer)
        self.key = Ed25519PublicKey.from_public_bytes(self.contents.key)
        self.extensions = extensions_of(self.contents)

    def replace(self, extension: x509.ExtensionType, *, critical: bool) -> None:
        """Put another extension in the place of the one of its kind."""
        same = [type(one) is type(extension) for one, _ in self.extensions]
        self.extensions[same.index(True)] = (extension, critical)

    def drop(self, kind: type[x509.ExtensionType]) -> None:
        self.extensions = [one for one in self.extensions if not isinstance(one[0], kind)]

    def add(self, extension: x509.ExtensionType, *, critical: bool) -> None:
        self.extensions.append((extension, critical))

    def built(self) -> x509.CertificateBuilder:
        said = self.contents
        builder = (
            x509.CertificateBuilder()
            .subject_name(self.subject)
            .issuer_name(self.issuer)
            .public_key(self.key)
            .serial_number(said.serial)
            .not_valid_before(moment(said.not_before))
            .not_valid_after(moment(said.not_after))
        )
        for extension, critical in self.extensions:
            builder = builder.add_extension(extension, critical=critical)
        return builder

    def signed(self, sign: Sign) -> bytes:
        return self.built().sign(SigningKey(sign), None).public_bytes(Encoding.DER)


def bent(contents: Contents, sign: Sign, *changes: Callable[[Draft], None]) -> bytes:
    """Return a certificate with something wrong in it, signed as if it were right."""
    draft = Draft(contents)
    for change in changes:
        change(draft)
    return draft.signed(sign)
