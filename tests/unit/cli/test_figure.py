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
