"""What messages say about money: what may be spent, what was, and how much is at stake.

A peer's words are read member by member: what is wrong elsewhere in them hides no amount.
"""

from typing import Any

import msgspec

from agentmesh.errors import RemoteProtocolError
from agentmesh.messages.schemas.names import parse
from agentmesh.messages.strict_json import read_json

BUDGET_EXCEEDED = "budget_exceeded"
OTHER_CURRENCY = "budget_in_another_currency"
_MONEY_MATTERS = {"commerce", "finance"}
_TOTALS = {"commerce/order": "total", "finance/payment": "amount"}
_ANSWERS = {"response", "status"}


class Limit(msgspec.Struct, frozen=True):
    """What a request of ours may cost."""

    most: float
    currency: str


def limit_of(kind: str, payload: bytes) -> Limit | None:
    """Return what a message allows to be spent; None if it says nothing of it."""
    budget = _object(_members(payload).get("budget")) if kind == "request" else {}
    most = _number(budget.get("max_cost", budget.get("amount")))
    return None if most is None else Limit(most, _currency(budget))


def states_cost(kind: str) -> bool:
    """Whether messages of this type can say what a request has cost."""
    return kind in _ANSWERS


def warnings(payload: bytes, limit: Limit) -> tuple[str, ...]:
    """Return what is wrong with what an answer says that it has cost."""
    cost = _object(_members(payload).get("cost"))
    amount = _number(cost.get("amount"))
    found: list[str] = []
    if amount is not None and amount > limit.most:
        found.append(BUDGET_EXCEEDED)
    if limit.currency and _currency(cost) not in {"", limit.currency}:
        found.append(OTHER_CURRENCY)
    return tuple(found)


def at_stake(kind: str, payload: bytes, category: str) -> float:
    """Return how much money a message of commerce or finance is about; 0 if it does not say.

    Amounts are taken as they are, whatever the currency.
    """
    if kind != "request" and kind not in _ANSWERS:
        return 0
    said = _members(payload)
    if kind == "request":
        schema, inside = said.get("schema") or f"{said.get('intent')}/v1", said.get("parameters")
    else:
        schema, inside = said.get("schema"), said.get("results")
    found = parse(schema) if isinstance(schema, str) else None
    name = found.name if found else ""
    if category not in _MONEY_MATTERS and name.partition("/")[0] not in _MONEY_MATTERS:
        return 0
    budget, cost = _object(said.get("budget")), _object(said.get("cost"))
    total = _object(_object(inside).get(_TOTALS.get(name, "")))
    stated = (budget.get("amount"), budget.get("max_cost"), cost.get("amount"), total.get("amount"))
    return max((amount for amount in map(_number, stated) if amount is not None), default=0)


def _members(payload: bytes) -> dict[str, Any]:
    try:
        return _object(read_json(payload))
    except RemoteProtocolError:
        return {}


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _currency(money: dict[str, Any]) -> str:
    currency = money.get("currency")
    return currency.upper() if isinstance(currency, str) else ""
