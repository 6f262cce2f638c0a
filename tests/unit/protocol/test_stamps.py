"""A stamp takes work to make and one hash to check, and fits one identity, registry and moment."""

import hashlib

import pytest

from agentmesh.protocol.ids import Amid
from agentmesh.protocol.limits import MAX_STAMP_BITS, SIGNATURE_MAX_AGE, SIGNATURE_MAX_AHEAD
from agentmesh.protocol.stamps import Claim, Stamp, fits, made, parse
from tests.support.registrant import NOW, Registrant

ALICE, BOB = Registrant("alice").amid, Registrant("bob").amid
HERE, ELSEWHERE = "https://registry.example", "https://other.example"
BITS = 10


def stamp_of(amid: str = ALICE, bits: int = BITS, at: float = NOW) -> Stamp:
    made_now = made(Claim(HERE, amid, int(at)), bits, 0, 1 << 20)  # type: ignore[arg-type]
    assert made_now is not None
    return made_now


def test_it_fits_whom_it_was_made_for() -> None:
    stamp = stamp_of()
    assert fits(stamp, HERE, ALICE, NOW)
    assert parse(stamp.text) == stamp
    assert not fits(stamp, HERE, BOB, NOW)
    assert not fits(stamp, ELSEWHERE, ALICE, NOW)


@pytest.mark.parametrize(
    ("age", "holds"),
    [
        (SIGNATURE_MAX_AGE, True),
        (SIGNATURE_MAX_AGE + 1, False),
        (-SIGNATURE_MAX_AHEAD, True),
        (-SIGNATURE_MAX_AHEAD - 1, False),
    ],
)
def test_it_is_good_for_minutes(age: int, holds: bool) -> None:
    assert fits(stamp_of(), HERE, ALICE, NOW + age) is holds


def test_it_says_no_more_than_it_is() -> None:
    stamp = stamp_of()
    digest = next(
        bits for bits in range(BITS, 40) if not _shows(Stamp(bits, stamp.seconds, stamp.counter))
    )
    assert not fits(Stamp(digest, stamp.seconds, stamp.counter), HERE, ALICE, NOW)
    for bits in (0, MAX_STAMP_BITS + 1, 99):
        assert not fits(Stamp(bits, stamp.seconds, stamp.counter), HERE, ALICE, NOW)


def _shows(stamp: Stamp) -> bool:
    return made(Claim(HERE, ALICE, stamp.seconds), stamp.bits, stamp.counter, 1) is not None


def test_a_wrong_counter_does_not_fit() -> None:
    stamp = stamp_of(bits=16)
    others = (Stamp(16, stamp.seconds, stamp.counter + more) for more in range(1, 50))
    assert sum(fits(it, HERE, ALICE, NOW) for it in others) <= 1


def test_where_none_fits_there_is_none() -> None:
    assert made(Claim(HERE, ALICE, 1), MAX_STAMP_BITS, 0, 10) is None


NONE = (
    *("", "16", "16:1", "16:1:", ":1:1", "a:1:1", "16:-1:1", "16:1:1:1", " 16:1:1", "16:1:1\n"),
    *("16:1:" + "9" * 17, "\u0661\u0666:1:1", "16:1:0x1"),
)


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_stamp_is_none(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    ("bits", "text", "digest"),
    [
        (8, "8:1800000000:120", "00169f819b925a6648c81cc2f596a0db33bdb084a156d44dccacbe18bb5fb9a5"),
        (
            16,
            "16:1800000000:146915",
            "00009202b703f183544b9628c705ad464aeda428f11594889d583aa51b99ce20",
        ),
    ],
)
def test_another_implementation_can_check_itself(bits: int, text: str, digest: str) -> None:
    """The same figures stand in docs/protocol.md."""
    amid = "2DrjgbD6qNf3DqTgGLQ6wnCWzGB1"
    stamp = made(Claim(HERE, Amid(amid), 1_800_000_000), bits, 0, 1 << 18)
    assert stamp is not None
    assert stamp.text == text
    hashed = f"agentmesh/1 stamp\0{HERE}\n{amid}\n1800000000\n{stamp.counter}"
    assert hashlib.sha256(hashed.encode()).hexdigest() == digest
