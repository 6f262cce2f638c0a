"""What fits is what Python's own expressions say, and nobody can make us take long over it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.errors import UsageError
from agentmesh.messages.schemas.pattern import Pattern

ATOMS = st.sampled_from(["a", "b", "ab", ".", "[ab]", "[^a]", r"\d", r"\w", "^", "$", ""])
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inside: (
        st.lists(inside, min_size=1, max_size=3).map("".join)
        | st.lists(inside, min_size=2, max_size=3).map(lambda it: f"({'|'.join(it)})")
        | st.tuples(inside, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{2,}", "*?"])).map(
            lambda it: f"(?:{it[0]}){it[1]}"
        )
    ),
    max_leaves=6,
)
BOMBS = ["(a|a)*$", "(a*)*b", "(a+)+$b", "^(a|aa|aaa)*c$", "(.*)(.*)(.*)(.*)(.*)x", "((a?){9}){9}c"]


class Spent:
    """Counts the work."""

    def __init__(self) -> None:
        self.work = 0

    def __call__(self, work: int) -> None:
        self.work += work


@given(expression=EXPRESSIONS, text=st.text("ab1\n", max_size=8))
def test_it_fits_where_python_says_so(expression: str, text: str) -> None:
    # ECMA's `$` is the very end, which Python writes \Z.
    wanted = re.search(expression.replace("$", r"\Z"), text, re.ASCII)
    assert Pattern(expression).fits(text, Spent()) == bool(wanted)


@pytest.mark.parametrize("expression", BOMBS)
def test_no_text_makes_an_expression_go_off(expression: str) -> None:
    # At most all steps of the pattern for each letter; Python's own would go on for years.
    letters, spent = 2000, Spent()
    Pattern(expression).fits("a" * letters + "!", spent)
    assert spent.work <= (letters + 2) * 400


def test_what_is_bound_to_the_start_is_given_up_there() -> None:
    spent = Spent()
    assert not Pattern("^[A-Z]{3}$").fits("x" * 60_000, spent)
    assert spent.work < 10


def test_whoever_counts_the_work_may_end_it() -> None:
    def enough(_: int) -> None:
        raise KeyError

    with pytest.raises(KeyError):
        Pattern("a").fits("b", enough)


@pytest.mark.parametrize(
    "text", ["(a{1000}){1000}", "((a{100}){100}){100}", "(a|b){900}(c|d){900}"]
)
def test_a_pattern_that_grows_is_refused_before_it_does(text: str) -> None:
    with pytest.raises(UsageError, match="too large"):
        Pattern(text)
