"""Base58 with Bitcoin's alphabet, as AMIDs and multibase keys use it."""

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}


def encode(data: bytes) -> str:
    """Return `data` in base58; leading zero bytes become leading `1`s."""
    zeros = len(data) - len(data.lstrip(b"\0"))
    number = int.from_bytes(data, "big")
    letters: list[str] = []
    while number:
        number, digit = divmod(number, 58)
        letters.append(_ALPHABET[digit])
    return "1" * zeros + "".join(reversed(letters))


def decode(text: str, limit: int = 128) -> bytes:
    """Return the bytes of `text`, or raise `ValueError`."""
    if len(text) > limit:
        raise ValueError("too long")
    number = 0
    for letter in text:
        if letter not in _VALUES:
            raise ValueError("not base58")
        number = number * 58 + _VALUES[letter]
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")
