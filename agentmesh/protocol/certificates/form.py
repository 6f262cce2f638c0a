"""The one form that certificates have (RFC 5280, RFC 8410): written, and read.

A certificate is read by writing it again: what it says is taken out, and the bytes that follow from
that have to be its bytes. So there is nothing in it that was not asked for: no other extension, no
other flag, no other order or encoding, nothing behind its end.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NoReturn

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from nacl.exceptions import CryptoError as SodiumError
from nacl.signing import VerifyKey

from agentmesh.errors import AgentMeshError, RemoteProtocolError
from agentmesh.protocol.certificates.contents import (
    BINDING_BYTES,
    LONGEST,
    SERIAL_BITS,
    Contents,
    Kind,
)
from agentmesh.protocol.certificates.names import (
    NOBODYS_DOMAIN,
    agent_name,
    authority_name,
    key_id,
    parse_domain,
)
from agentmesh.protocol.ids import Amid, amid_of, did_of, is_id
from agentmesh.protocol.limits import MAX_CERTIFICATE
from agentmesh.protocol.signed import SIGNATURE_BYTES

INVALID = "invalid_certificate"
BINDING = "urn:agentmesh:handshake:"
Sign = Callable[[bytes], bytes]
"""Return the Ed25519 signature of these bytes."""

UNREADABLE = (
    ValueError,
    TypeError,
    LookupError,
    OverflowError,
    Warning,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.ExtensionNotFound,
    x509.UnsupportedGeneralNameType,
)
"""All that the parser raises for bytes that are no certificate."""


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate of our form. Whether its issuer signed it is not known yet."""

    contents: Contents
    data: bytes
    tbs: bytes
    signature: bytes

    def is_signed_by(self, key: bytes) -> bool:
        """Whether this key signed it."""
        return is_signature(self.signature, self.tbs, key)


class SigningKey(Ed25519PrivateKey):
    """A key that is elsewhere, as the library wants to see it: all it does is sign."""

    def __init__(self, sign: Sign) -> None:
        self._sign = sign

    def sign(self, data: bytes) -> bytes:  # type: ignore[override]  # bytes are all it is given
        """Return the signature."""
        return self._sign(data)

    def public_key(self) -> NoReturn:
        """Never asked for."""
        raise NotImplementedError

    def private_bytes(self, *_: object) -> NoReturn:
        """Never asked for."""
        raise NotImplementedError

    def private_bytes_raw(self) -> NoReturn:
        """Never asked for."""
        raise NotImplementedError

    def __copy__(self) -> "SigningKey":
        return self

    def __deepcopy__(self, _: dict[int, object]) -> "SigningKey":
        return self


def write(contents: Contents, sign: Sign) -> bytes:
    """Return the certificate that says this, signed."""
    return _built(contents, sign).public_bytes(Encoding.DER)


def read(data: bytes) -> Certificate:
    """Return a certificate of our form, or raise `invalid_certificate`."""
    try:
        if len(data) <= MAX_CERTIFICATE:
            parsed = x509.load_der_x509_certificate(data)
            contents, signature = _contents(parsed), parsed.signature
            again = _built(contents, lambda _: signature)
            if again.public_bytes(Encoding.DER) == data and len(signature) == SIGNATURE_BYTES:
                tbs = again.tbs_certificate_bytes
                return Certificate(contents=contents, data=data, tbs=tbs, signature=signature)
    except (*UNREADABLE, AgentMeshError):
        pass
    raise invalid()


def invalid() -> RemoteProtocolError:
    """Return the error that says: that is no certificate."""
    return RemoteProtocolError(INVALID, "The certificate is not valid.")


def is_signature(signature: bytes, data: bytes, key: bytes) -> bool:
    """Whether a signature is by this key."""
    try:
        VerifyKey(key).verify(data, signature)
    except (SodiumError, ValueError, TypeError):
        return False
    return True


def moment(seconds: int) -> datetime:
    """Return a time as the library wants it."""
    return datetime.fromtimestamp(seconds, UTC)


def named(name: str) -> x509.Name:
    """Return a distinguished name: a common name alone."""
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def name_in(name: x509.Name) -> str:
    """Return what a distinguished name says."""
    (attribute,) = name
    value = attribute.value
    if not isinstance(value, str):
        raise invalid()
    return value


def issuer_id_in(extensions: x509.Extensions) -> bytes:
    """Return the id of the issuer's key."""
    found = extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    return found.key_identifier or b""


# --- writing ------------------------------------------------------------------------------------


def _built(contents: Contents, sign: Sign) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(contents.name))
        .issuer_name(named(contents.issuer))
        .public_key(_public_key(contents))
        .serial_number(contents.serial)
        .not_valid_before(moment(contents.not_before))
        .not_valid_after(moment(contents.not_after))
    )
    for extension, is_critical in extensions_of(contents):
        builder = builder.add_extension(extension, critical=is_critical)
    return builder.sign(SigningKey(sign), None)


def _public_key(contents: Contents) -> Ed25519PublicKey | X25519PublicKey:
    if contents.kind == "session":
        return X25519PublicKey.from_public_bytes(contents.key)
    return Ed25519PublicKey.from_public_bytes(contents.key)


def extensions_of(contents: Contents) -> list[tuple[x509.ExtensionType, bool]]:
    """Return the extensions in their order, each with whether it is critical."""
    depth = {"authority": 1, "organization": 0}.get(contents.kind)
    found: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca=depth is not None, path_length=depth), True),
        (_usage(contents.kind), True),
    ]
    if contents.kind == "organization":
        only = [x509.DNSName(contents.name)]
        found.append((x509.NameConstraints(only, None), True))
    if contents.kind == "agent":
        found.append(
            (_names(x509.DNSName(contents.dns_name), did_of(amid_of(contents.key))), False)
        )
    if contents.kind == "session":
        bound = x509.UniformResourceIdentifier(BINDING + contents.binding.hex())
        found.append((_names(bound, did_of(Amid(contents.issuer))), False))
    else:
        found.append((x509.SubjectKeyIdentifier(key_id(contents.key)), False))
    if contents.kind != "authority":
        found.append((x509.AuthorityKeyIdentifier(contents.issuer_id, None, None), False))
    return found


def _names(first: x509.GeneralName, did: str) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([first, x509.UniformResourceIdentifier(did)])


def _usage(kind: Kind) -> x509.KeyUsage:
    may_issue = kind in {"authority", "organization"}
    return x509.KeyUsage(
        digital_signature=kind == "agent",
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=kind == "session",
        key_cert_sign=may_issue,
        crl_sign=may_issue,
        encipher_only=False,
        decipher_only=False,
    )


# --- reading ------------------------------------------------------------------------------------


def _contents(parsed: x509.Certificate) -> Contents:
    extensions = parsed.extensions
    public = parsed.public_key()
    if not isinstance(public, Ed25519PublicKey | X25519PublicKey):
        raise invalid()
    kind = _kind(public, extensions.get_extension_for_class(x509.BasicConstraints).value)
    key = public.public_bytes_raw()
    contents = Contents(
        kind=kind,
        serial=parsed.serial_number,
        name=name_in(parsed.subject),
        key=key,
        issuer=name_in(parsed.issuer),
        issuer_id=key_id(key) if kind == "authority" else issuer_id_in(extensions),
        not_before=int(parsed.not_valid_before_utc.timestamp()),
        not_after=int(parsed.not_valid_after_utc.timestamp()),
        domain=_domain(extensions, key) if kind == "agent" else "",
        binding=_binding(extensions) if kind == "session" else b"",
    )
    if not _fits(contents):
        raise invalid()
    return contents


def _kind(public: Ed25519PublicKey | X25519PublicKey, basic: x509.BasicConstraints) -> Kind:
    if isinstance(public, X25519PublicKey):
        return "session"
    if not basic.ca:
        return "agent"
    return "organization" if basic.path_length == 0 else "authority"


def _domain(extensions: x509.Extensions, key: bytes) -> str:
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    (name,) = names.get_values_for_type(x509.DNSName)
    domain = name.removeprefix(agent_name(key, ""))
    return domain if domain == NOBODYS_DOMAIN else parse_domain(domain)


def _binding(extensions: x509.Extensions) -> bytes:
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    return bytes.fromhex(uris[0].removeprefix(BINDING))


def _fits(contents: Contents) -> bool:
    """Whether the values are such as a certificate of this kind may have."""
    length = contents.not_after - contents.not_before
    is_bounded = 0 < length <= LONGEST[contents.kind] and contents.not_before >= 0
    return is_bounded and contents.serial.bit_length() <= SERIAL_BITS and _is_named(contents)


def _is_named(contents: Contents) -> bool:
    match contents.kind:
        case "authority":
            return contents.name == contents.issuer == authority_name(contents.key)
        case "organization":
            return parse_domain(contents.name) == contents.name
        case "agent":
            return contents.name == amid_of(contents.key)
        case "session":
            return is_id(contents.name) and len(contents.binding) == BINDING_BYTES
