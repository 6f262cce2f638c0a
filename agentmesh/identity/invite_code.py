"""An invite as people pass it on: who invites, which invite, and two words.

    7BvFb3sHCtT9YhYxVWbRqKXwPz1-1-lusab-babad

The AMID names the inviter and its key; the words are the secret. Each is sixteen bits, as five
letters that can be said (consonant, vowel, ...): 2^32 codes, and three tries.
"""

import re

import msgspec

from agentmesh.errors import UsageError
from agentmesh.protocol.ids import Amid, parse_amid

WORD_BYTES = 4
"""How much randomness the words hold."""
LINK = "agentmesh:join/"
_CONSONANTS = "bdfghjklmnprstvz"
_VOWELS = "aiou"
_WORD = f"[{_CONSONANTS}][{_VOWELS}][{_CONSONANTS}][{_VOWELS}][{_CONSONANTS}]"
_CODE = re.compile(rf"([1-9A-HJ-NP-Za-km-z]{{20,28}})-([1-9][0-9]?)-({_WORD}-{_WORD})")


class InviteCode(msgspec.Struct, frozen=True):
    """A code, read."""

    inviter: Amid
    slot: int
    words: str

    @property
    def text(self) -> str:
        """The code as it is typed."""
        return f"{self.inviter}-{self.slot}-{self.words}"

    @property
    def link(self) -> str:
        """The code as a link, for a QR code."""
        return LINK + self.text


def words_of(randomness: bytes) -> str:
    """Return the two words for four bytes."""
    halves = (randomness[:2], randomness[2:4])
    return "-".join(_word(int.from_bytes(half, "big")) for half in halves)


def read_code(text: str) -> InviteCode:
    """Return the code in what somebody typed, pasted or scanned."""
    typed = text.strip().removeprefix(LINK)
    inviter, _, rest = typed.partition("-")
    found = _CODE.fullmatch(f"{inviter}-{'-'.join(rest.lower().split())}")
    if found is None:
        raise UsageError(
            "invite_malformed",
            "That is no invite code.",
            "It is an AMID, a number and two words: AMID-1-lusab-babad",
        )
    return InviteCode(parse_amid(found[1]), int(found[2]), found[3])


def _word(number: int) -> str:
    letters = (
        _CONSONANTS[number >> 12 & 15],
        _VOWELS[number >> 10 & 3],
        _CONSONANTS[number >> 6 & 15],
        _VOWELS[number >> 4 & 3],
        _CONSONANTS[number & 15],
    )
    return "".join(letters)
