"""Search results: what agents say about themselves, and what of it an agent may see.

To an agent a stranger's words would be words nobody let in. It sees who offers what it asked for,
and figures; the rest is for owners.
"""

import re
from typing import Any

import msgspec

from agentmesh.control import answers, calls
from agentmesh.daemon.api import views
from agentmesh.discovery.interface import Found
from agentmesh.errors import Refused
from agentmesh.messages.delivery import clean_name
from agentmesh.protocol.categories import take_apart
from agentmesh.protocol.records import Capability, Pricing

_CURRENCY = re.compile(r"[A-Z]{3}")


def found(item: Found, asked: calls.Search, permit: calls.Permit) -> answers.Found:
    """Return a search result."""
    is_agent = permit == "agent"
    said = item.record.capabilities
    return answers.Found(
        amid=item.amid,
        name="" if is_agent else clean_name(item.record.display_name),
        tier=views.plain(item.tier),
        capabilities=_asked_for(said, asked.capability) if is_agent else [*map(_plain, said)],
        status=item.status,
        reputation=item.reputation,
        ratings_count=item.ratings_count,
        flags=[*item.flags],
        organization="" if is_agent else clean_name(item.organization),
    )


def without_words(asked: calls.Search) -> Refused:
    """Return a registry's refusal as an agent may see it."""
    hint = f"The owner can see why: agentmesh search {asked.capability}"
    return Refused("registry_refused", "The registry refused this search.", hint)


def _asked_for(said: tuple[Capability, ...], asked: str) -> list[dict[str, Any]]:
    """Return the one that an agent named itself, with nothing but figures besides."""
    category, subcategory = take_apart(asked)
    fitting = [
        Capability(
            category=category,
            subcategory=subcategory,
            pricing=_figures(it.pricing),
            response_time_ms=it.response_time_ms,
        )
        for it in said
        if it.category == category and subcategory in {"", it.subcategory}
    ]
    return [_plain(it) for it in fitting[:1]]


def _figures(pricing: Pricing | None) -> Pricing | None:
    if pricing is None or not _CURRENCY.fullmatch(pricing.currency):
        return None
    return Pricing(model="", currency=pricing.currency, amount=pricing.amount)


def _plain(capability: Capability) -> dict[str, Any]:
    keys: dict[str, Any] = msgspec.to_builtins(capability)
    return keys
