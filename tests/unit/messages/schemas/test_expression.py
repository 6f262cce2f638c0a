"""Which regular expressions are taken."""

import pytest

from agentmesh.errors import UsageError
from agentmesh.messages.schemas.expression import (
    MAX_EXPRESSION,
    Either,
    End,
    Repeat,
    Sequence,
    Start,
    parse,
)
from agentmesh.messages.schemas.letters import Letters, just

REFUSED = {
    "looking ahead": "a(?=b)",
    "looking back": "(?<=a)b",
    "a group with a name": "(?<year>a)",
    "what was there before": r"(a)\1",
    "the edge of a word": r"\bword\b",
    "a property": r"\p{L}",
    "a group left open": "(a",
    "a group never opened": "a)",
    "a class left open": "[a",
    "a range that goes back": "[z-a]",
    "a range of classes": r"[\d-z]",
    "nothing repeated": "*a",
    "a repetition repeated": "a**",
    "a start repeated": "^*",
    "braces that count nothing": "a{x}",
    "braces that count down": "a{3,2}",
    "braces without end": "a{2",
    "too many times": "a{1001}",
    "a number without end": "a{" + "9" * 400 + "}",
    "a brace alone": "a}",
    "an escape of nothing": "a\\",
    "half an escape": r"\u12",
    "groups in groups": "(" * 200 + ")" * 200,
    "too long": "a" * (MAX_EXPRESSION + 1),
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_matched_in_one_pass_or_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert caught.value.code == "invalid_expression"


def test_an_expression_is_taken_apart() -> None:
    assert parse("^a|[b-c]{2,}?$") == Either(
        (
            Sequence((Start(), just("a"))),
            Sequence((Repeat(Letters(((98, 99),)), 2, None), End())),
        )
    )
    assert parse(r"\x41\u0042\t\.") == Sequence((just("A"), just("B"), just("\t"), just(".")))
    assert parse("[a-]") == Sequence((Letters(((97, 97), (45, 45))),))
