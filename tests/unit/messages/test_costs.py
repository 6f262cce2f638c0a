"""What messages say about money."""

from typing import Any

import msgspec
import pytest

from agentmesh.messages.costs import (
    BUDGET_EXCEEDED,
    OTHER_CURRENCY,
    Limit,
    at_stake,
    limit_of,
    states_cost,
    warnings,
)


def said(**members: Any) -> bytes:
    return msgspec.json.encode(members)


@pytest.mark.parametrize(
    ("budget", "limit"),
    [
        ({"amount": 5, "currency": "eur", "max_cost": 6.5}, Limit(6.5, "EUR")),
        ({"amount": 5}, Limit(5, "")),
        ({"max_cost": 0, "amount": 5}, Limit(0, "")),
        ({"currency": "EUR"}, None),
    ],
)
def test_a_budget_is_its_bound_or_else_its_amount(budget: Any, limit: Limit | None) -> None:
    assert limit_of("request", said(intent="a", budget=budget)) == limit


def test_what_is_no_request_has_no_budget() -> None:
    assert limit_of("request", said(intent="a")) is None
    assert limit_of("request", b"nonsense") is None
    assert limit_of("request", said(intent="a", budget=[1])) is None
    assert limit_of("data", said(intent="a", budget={"amount": 1})) is None
    assert [kind for kind in ("request", "response", "status", "text") if states_cost(kind)] == [
        "response",
        "status",
    ]


@pytest.mark.parametrize(
    ("cost", "found"),
    [
        ({"amount": 6.5, "currency": "EUR"}, ()),
        ({"amount": 6.51, "currency": "eur"}, (BUDGET_EXCEEDED,)),
        ({"amount": 7}, (BUDGET_EXCEEDED,)),
        ({"amount": 1, "currency": "BTC"}, (OTHER_CURRENCY,)),
        ({"amount": 9, "currency": "BTC"}, (BUDGET_EXCEEDED, OTHER_CURRENCY)),
        (None, ()),
    ],
)
def test_what_costs_more_than_it_may_is_noticed(cost: Any, found: tuple[str, ...]) -> None:
    limit = Limit(6.5, "EUR")
    answered = {"status": "completed"} | ({"cost": cost} if cost else {})
    assert warnings(said(**answered), limit) == found
    assert warnings(said(**answered, result_count="wrong"), limit) == found


def test_nonsense_costs_nothing() -> None:
    assert warnings(b"[]", Limit(0, "")) == ()
    assert warnings(b"{", Limit(0, "EUR")) == ()
    assert warnings(said(cost={"amount": "9", "currency": 1}), Limit(0, "EUR")) == ()
    assert at_stake("request", b"[]", "finance") == 0
    assert at_stake("text", said(text="I want 1000 dollars"), "finance") == 0


EUR = {"amount": 1500, "currency": "EUR"}
STAKES: dict[str, tuple[str, dict[str, Any], str, float]] = {
    "a budget": ("request", {"intent": "a", "budget": {"max_cost": 300}}, "commerce", 300),
    "a cost": ("response", {"status": "a", "cost": {"amount": 200}}, "finance", 200),
    "a cost on the way": ("status", {"progress": 1, "cost": {"amount": 200}}, "finance", 200),
    "an order by its intent": (
        "request",
        {"intent": "commerce/order", "parameters": {"total": EUR}},
        "communication",
        1500,
    ),
    "a payment by its schema": (
        "response",
        {"status": "a", "schema": "finance/payment/v1", "results": {"amount": EUR}},
        "communication",
        1500,
    ),
    "the price of a flight": (
        "response",
        {"status": "a", "schema": "travel/flight-results/v1", "cost": EUR},
        "travel",
        0,
    ),
    "nonsense for money": (
        "request",
        {"intent": "commerce/order", "parameters": {"total": {"amount": True}}},
        "commerce",
        0,
    ),
}


@pytest.mark.parametrize(("kind", "payload", "category", "stake"), STAKES.values(), ids=STAKES)
def test_how_much_is_at_stake(
    kind: str, payload: dict[str, Any], category: str, stake: float
) -> None:
    assert at_stake(kind, said(**payload), category) == stake
