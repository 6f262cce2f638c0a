"""The one table of routes."""

import pytest
from agentmesh_registry.routes.table import ROUTES, Route

from tests.support.asking import Asker


def test_no_route_stands_there_twice() -> None:
    places = [(route.method, route.path) for route in ROUTES]
    assert len(places) == len(set(places))


def test_every_route_says_what_it_does() -> None:
    assert all(len(route.summary) > 10 for route in ROUTES)


@pytest.mark.parametrize("route", [r for r in ROUTES if r.is_signed], ids=lambda r: r.path)
async def test_what_is_signed_is_refused_unsigned(light: Asker, route: Route) -> None:
    answer = await light.send(route.method, route.path.replace("{amid}", "x"), b"{}")
    assert answer.refusal == (401, "unauthorized")


def test_every_change_is_signed() -> None:
    unsigned = [it.path for it in ROUTES if it.method == "POST" and not it.is_signed]
    assert unsigned == ["/v1/registry/revocations/bulk"]  # a question that is too long for a URL
