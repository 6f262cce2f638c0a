"""What our daemon says to a peer that asks what we have."""

from typing import Any

import pytest

from agentmesh.messages.negotiation import MAX_ANSWERED, NEAREST, Ours, respond
from agentmesh.messages.payloads import CapabilityRequest, CapabilityResponse
from agentmesh.messages.schemas.names import SchemaId

OURS = Ours(
    capabilities=("travel/trains", "finance"), languages=("nb", "en-GB"), payment_methods=("card",)
)
KNOWN = [SchemaId("a/b", 1), SchemaId("a/b", 2), SchemaId("c/d", 3)]


def said(**asked: Any) -> CapabilityResponse:
    return respond(CapabilityRequest(**asked), OURS, KNOWN)


def test_what_we_have_is_matched_and_the_rest_unavailable() -> None:
    answer = said(i_need=("travel", "travel/flights", "finance/payment", "a/b/v2", "a/b/v9"))
    assert answer.matched == ("travel", "finance/payment", "a/b/v2")
    assert answer.unavailable == ("travel/flights", "a/b/v9")
    assert answer.suggested_alternative == "travel/trains"


def test_where_there_is_nothing_like_it_nothing_is_suggested() -> None:
    assert said(i_need=("commerce",)).suggested_alternative == ""
    assert said() == CapabilityResponse(matched=())


@pytest.mark.parametrize(
    ("preferred", "agreed", "warning"),
    [
        (("a/b/v1", "a/b/v2", "a/b/v3"), "a/b/v2", ""),
        (("c/d/v1",), "c/d/v1", NEAREST),
        (("c/d/v7", "c/d/v5"), "c/d/v3", NEAREST),
        (("c/d/v1", "a/b/v1"), "a/b/v1", ""),
        (("e/f/v1", "no id"), "", ""),
    ],
)
def test_the_highest_common_version_or_with_a_warning_the_lowest(
    preferred: tuple[str, ...], agreed: str, warning: str
) -> None:
    answer = said(preferred_schemas=preferred)
    assert (answer.agreed_schema, answer.warning) == (agreed, warning)


@pytest.mark.parametrize(
    ("wanted", "agreed"),
    [
        *((("de", "nb"), "nb"), (("EN_gb",), "en-GB"), (("en", "nb"), "nb")),
        *((("en-US",), "en-GB"), (("fr",), "")),
    ],
)
def test_a_language_that_both_speak(wanted: tuple[str, ...], agreed: str) -> None:
    assert said(languages=wanted).agreed_language == agreed


def test_ways_to_pay_that_both_have() -> None:
    assert said(payment_methods=("invoice", "Card")).payment_methods == ("Card",)


def test_questions_without_end_are_answered_in_part() -> None:
    answer = said(i_need=tuple(f"need/{count}" for count in range(1000)))
    assert len(answer.unavailable) == MAX_ANSWERED
