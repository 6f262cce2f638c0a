"""The doors of the suites below the floor, with each Olm library that is installed."""

from collections.abc import Callable

from agentmesh.crypto import x25519
from agentmesh.crypto.cipher import Cipher
from agentmesh.crypto.olm.library import Account, Library
from agentmesh.crypto.olm_cipher import OlmCipher
from agentmesh.protocol import frames
from agentmesh.protocol.frames import NumberedFrame, OlmAnswer, OlmKeys
from tests.support.crypto_parties import KNOCK, NOON, fixed_root, seeded
from tests.support.suite_pairs import LIBRARIES, olm_library, olm_pair, x3dh_pair
from tests.unit.fuzz.door import Door

ROOT, _ = fixed_root()


def frame_door(sender: Cipher, receiver: Cipher) -> Door:
    """Return the door of a session: a frame as anybody may send it."""

    def read(data: bytes) -> None:
        frame = frames.decode(data)
        if isinstance(frame, NumberedFrame):
            receiver.open(frame, NOON, seeded("opening"))

    _, good = sender.seal(b"hello", NOON, seeded("message"))
    return Door(read, (frames.encode(good),))


def content_door(sender: OlmCipher, receiver: OlmCipher) -> Door:
    """Return the door behind it: the Olm message inside, as the peer alone can send it."""

    def read(data: bytes) -> None:
        _, frame = sender.wrapping.seal(data, seeded("message"))
        receiver.open(frame, NOON, seeded("opening"))

    _, good = sender.seal(b"hello", NOON, seeded("message"))
    _, content = receiver.wrapping.open(good, 0)
    return Door(read, (content,))


def keys_door(ours: Library) -> Door:
    """Return the door of the Olm keys in a KNOCK, one behind the other."""

    def read(data: bytes) -> None:
        keys = OlmKeys(data[: x25519.KEY_BYTES], data[x25519.KEY_BYTES :])
        OlmCipher.responder(KNOCK, ROOT, keys, ours)

    good = [x25519.public_key(x25519.generate(seeded(name))) for name in ("identity", "one time")]
    return Door(read, (b"".join(good),))


def answer_door(ours: Library) -> Door:
    """Return the door of the Olm message in an ACCEPT."""
    account = ours.make_account()
    good = _answer(account, ours)

    def read(data: bytes) -> None:
        OlmCipher.initiator(KNOCK, ROOT, account, OlmAnswer(good.identity, data))

    return Door(read, (good.message,))


def _answer(account: Account, ours: Library) -> OlmAnswer:
    keys = OlmKeys(account.identity, account.one_time)
    return OlmCipher.responder(KNOCK, ROOT, keys, ours)[1]


def _of(what: str, door: Callable[[str], Door]) -> dict[str, Door]:
    return {f"{what} ({name})": door(name) for name in LIBRARIES}


WEAK_DOORS = {
    "a numbered frame": frame_door(*x3dh_pair()),
    **_of("an Olm frame", lambda name: frame_door(*olm_pair(name, name))),
    **_of("what is in an Olm frame", lambda name: content_door(*olm_pair(name, name))),
    **_of("the Olm keys of a knock", lambda name: keys_door(olm_library(name))),
    **_of("the first Olm message", lambda name: answer_door(olm_library(name))),
}
