"""What is taken for a number."""

import pytest

from tests.unit.cli.conftest import Shell


@pytest.mark.parametrize(
    "words",
    [
        ("inbox", "--wait"),
        ("send", "bob", "hi", "--wait"),
        ("send", "bob", "{}", "--max-cost"),
        ("files", "show", "f1", "--wait"),
        ("ping", "bob", "--wait"),
        ("search", "travel", "--reputation-min"),
        ("rate", "bob"),
    ],
)
@pytest.mark.parametrize("word", ["nan", "inf", "1e999", "much"])
def test_what_is_no_number_is_the_callers_to_mend(
    shell: Shell, words: tuple[str, ...], word: str
) -> None:
    said = shell(*words, word)
    assert said.code == 2
    assert "is no number" in said.err or "Invalid value" in said.err


def test_a_budget_is_a_number_too(shell: Shell) -> None:
    assert shell("send", "bob", "{}", "--budget", "nan", "EUR").code == 2


@pytest.mark.parametrize("words", [("rate", "bob"), ("inbox", "--limit")])
def test_a_word_in_a_numbers_place_is_called_no_number(
    shell: Shell, words: tuple[str, ...]
) -> None:
    assert "'much' is not a valid number." in shell(*words, "much").err


def test_no_amount_is_below_nothing(shell: Shell) -> None:
    assert "-5.0 is not in the range x>=0" in shell("send", "bob", "{}", "--max-cost", "-5").err
    assert shell("send", "bob", "{}", "--budget", "-1", "EUR").code == 2
    assert "None" not in shell("send", "--help").out
