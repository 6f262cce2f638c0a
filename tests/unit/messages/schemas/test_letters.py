"""Sets of letters."""

import re

import pytest

from agentmesh.messages.schemas.letters import ANY, CLASSES, Letters

SEEN = [*range(0x3000), 0xFEFF, 0x1F600, 0x10FFFF]


@pytest.mark.parametrize("name", "dDwW")
def test_a_class_has_the_letters_it_is_known_for(name: str) -> None:
    wanted = re.compile(f"\\{name}", re.ASCII)
    for number in SEEN:
        assert (number in CLASSES[name]) == bool(wanted.match(chr(number)))


def test_a_dot_is_any_letter_of_a_line() -> None:
    assert [chr(number) for number in SEEN if number not in ANY] == ["\n", "\r", "\u2028", "\u2029"]


def test_spaces_are_all_that_ecma_names() -> None:
    spaces = {chr(number) for number in SEEN if number in CLASSES["s"]}
    assert spaces >= set(" \t\n\v\f\r\xa0\u2003\u2028\ufeff")
    assert not spaces & set("a0_\u200b")


@pytest.mark.parametrize("letters", [*CLASSES.values(), ANY, Letters((), is_negated=True)])
def test_the_same_set_can_be_said_without_a_negation(letters: Letters) -> None:
    plain = Letters(letters.as_ranges())
    assert all((number in plain) == (number in letters) for number in SEEN)
