"""What two owners compare."""

from agentmesh.identity.trust import safety_emoji, safety_number

KEY, OTHER = b"k" * 32, b"o" * 32


def test_both_sides_read_the_same_number() -> None:
    number = safety_number(KEY, OTHER)
    assert number == safety_number(OTHER, KEY)
    assert [len(group) for group in number.split(" ")] == [5] * 12
    assert number.replace(" ", "").isdecimal()


def test_another_key_gives_another_number_in_its_half_only() -> None:
    halves = {safety_number(KEY, other)[:35] for other in (OTHER, b"p" * 32, b"q" * 32)}
    halves |= {safety_number(KEY, other)[36:] for other in (OTHER, b"p" * 32, b"q" * 32)}
    assert len(halves) == 4


def test_the_number_does_not_change_from_version_to_version() -> None:
    assert safety_number(KEY, OTHER) == (
        "32771 17445 71646 33059 94808 05591 38652 12995 43227 72048 38075 21437"
    )
    assert [word for _, word in safety_emoji(KEY, OTHER)] == [
        "aeroplane",
        "pig",
        "penguin",
        "hourglass",
        "hat",
        "butterfly",
        "banana",
    ]


def test_both_sides_see_the_same_seven_emoji() -> None:
    assert len(safety_emoji(KEY, OTHER)) == 7
    assert safety_emoji(KEY, OTHER) == safety_emoji(OTHER, KEY)
    assert safety_emoji(KEY, OTHER) != safety_emoji(KEY, b"p" * 32)
