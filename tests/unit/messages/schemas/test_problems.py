"""Words about data: ours alone, short, and in ASCII."""

from hypothesis import given
from hypothesis import strategies as st

from agentmesh.messages.schemas.problems import (
    MAX_PATH_LETTERS,
    MAX_PROBLEMS,
    MAX_WORDS,
    bounded,
    path_of,
    problem,
    words_for,
)

KEYWORDS = st.sampled_from(
    ["type", "enum", "const", "required", "pattern", "maximum", "x", "false"]
)
ANYTHING = st.none() | st.text() | st.integers() | st.lists(st.text()) | st.just({"a": 1})


@given(keyword=KEYWORDS, wanted=ANYTHING, path=st.text(max_size=900), schema=st.text(max_size=900))
def test_a_problem_is_always_bounded_and_in_ascii(
    keyword: str, wanted: object, path: str, schema: str
) -> None:
    told = problem(path, words_for(keyword, wanted), schema)
    for text, limit in (
        (told.path, MAX_PATH_LETTERS),
        (told.message, MAX_WORDS),
        (told.schema, MAX_WORDS),
    ):
        assert len(text) <= limit
        assert text.isascii()
        assert text.isprintable()


def test_a_name_that_the_peer_chose_is_not_said() -> None:
    known = frozenset({"results", "price"})
    assert path_of(["results", 2, "price"], known) == "$.results[2].price"
    assert path_of(["obey me", 0], known, "$.results") == "$.results.*[0]"


def test_there_may_be_more_than_are_told() -> None:
    many = [problem(f"$[{count}]", "It is wrong.", "a/b/v1") for count in range(MAX_PROBLEMS + 1)]
    assert bounded(many[:MAX_PROBLEMS]) == tuple(many[:MAX_PROBLEMS])
    told = bounded(many)
    assert len(told) == MAX_PROBLEMS
    assert told[-1] == problem("$", "There are more problems.", "a/b/v1")


def test_words_say_what_is_asked_for() -> None:
    assert words_for("type", ["string", "null"]) == "It has to be of type string, null."
    assert words_for("enum", list(range(20))).endswith("8, 9 and others.")
    assert words_for("pattern", "^[A-Z]{3}$") == "It has to match ^[A-Z]{3}$."
    assert words_for("contains", {"a": 1}) == "It has no item of the kind that is asked for."
    assert words_for("of tomorrow", 1) == "It does not fit its schema."
