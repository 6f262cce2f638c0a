"""Chains of other bytes than ours, and of another time."""

from collections.abc import Callable

from agentmesh.protocol.certificates.contents import DAY, LONGEST
from agentmesh.protocol.certificates.form import write
from tests.support.forgery import spoiling as forge
from tests.support.forgery.spoiling import (
    Chain,
    acme_is,
    by_acme,
    spoilt,
)
from tests.support.vouching import (
    ACME,
    NOW,
    alone,
    fleet,
    of_alice,
)

YEAR = 366 * DAY
BY_BYTES: dict[str, Callable[[], Chain]] = {
    # Bytes.
    "nothing": lambda: [b"", fleet()[1]],
    "a byte behind": lambda: [fleet()[0] + b"\0", fleet()[1]],
    "itself behind": lambda: [fleet()[0] * 2, fleet()[1]],
    "its last byte cut off": lambda: [fleet()[0][:-1], fleet()[1]],
    "half of it": lambda: [fleet()[0][: len(fleet()[0]) // 2], fleet()[1]],
    "a megabyte": lambda: [fleet()[0] + b"\0" * 2**20, fleet()[1]],
    "nested without end": lambda: [b"\x30\x80" * 400, fleet()[1]],
    "a length that nobody has": lambda: [b"\x30\x84\xff\xff\xff\xff" + fleet()[0], fleet()[1]],
    "a longer length": lambda: [forge.longer_length(fleet()[0]), fleet()[1]],
    "an indefinite length": lambda: [forge.indefinite(fleet()[0]), fleet()[1]],
    "in PEM": lambda: [b"-----BEGIN CERTIFICATE-----\n", fleet()[1]],
    "another signature": lambda: [spoilt(fleet()[0], -1), fleet()[1]],
    "the signature as another number": lambda: [forge.malleable(fleet()[0]), fleet()[1]],
    "no signature": lambda: [write(of_alice(), lambda _: b""), fleet()[1]],
    "a signature of zeros": lambda: [write(of_alice(), lambda _: b"\0" * 64), fleet()[1]],
    "a longer signature": lambda: [
        write(of_alice(), lambda data: ACME.sign(data) + b"\0"),
        fleet()[1],
    ],
    "the signature of another certificate": lambda: [
        fleet()[0][:-64] + alone()[0][-64:],
        fleet()[1],
    ],
    "signed with RSA": lambda: forge.signed_otherwise(ecdsa=False),
    "signed with ECDSA": lambda: forge.signed_otherwise(ecdsa=True),
    "an RSA key": forge.rsa_agent,
    "said to be Ed448": lambda: forge.named_algorithm("300506032b6571"),
    "said to be RSA with SHA-1": lambda: forge.named_algorithm("30050603550805"),
    "a key of low order": lambda: by_acme(key=b"\x01" + b"\0" * 31),
    "an organisation's key of low order": lambda: acme_is(key=b"\x01" + b"\0" * 31),
    # Times and numbers.
    "not valid yet": lambda: by_acme(not_before=NOW + DAY),
    "an organisation that is not valid yet": lambda: acme_is(not_before=NOW + DAY),
    "valid for too long": lambda: by_acme(not_after=NOW + 2 * YEAR),
    "an organisation for too long": lambda: acme_is(not_after=NOW + LONGEST["organization"]),
    "valid backwards": lambda: forge.by_acme_edited(b"270415080000Z", b"260415080000Z"),
    "valid until no day": lambda: forge.by_acme_edited(b"270415080000Z", b"270231080000Z"),
    "times of another zone": lambda: forge.by_acme_edited(b"270415080000Z", b"270415080000A"),
    "numbered nothing": lambda: forge.by_acme_edited(forge.serial_bytes(), b"\0" * 20),
    "numbered below nothing": lambda: forge.by_acme_edited(forge.serial_bytes(), b"\xff" * 20),
    "of version 1": lambda: forge.by_acme_edited(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x00"),
}
