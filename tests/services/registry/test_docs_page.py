"""The page about the API."""

import re

from agentmesh_registry import docs_page

from tests.support.asking import Asker


async def test_the_page_shows_every_route_and_loads_nothing(light: Asker) -> None:
    answer = await light.get("/v1/docs")
    page = answer.raw.decode()
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "POST /v1/registry/register" in page
    assert "<script" not in page
    assert re.findall(r'(?:src|href)="(?!#|openapi\.json)', page) == []


async def test_every_link_leads_somewhere(light: Asker) -> None:
    page = (await light.get("/v1/docs")).raw.decode()
    targets = set(re.findall(r'id="([^"]+)"', page))
    links = set(re.findall(r'href="#([^"]+)"', page))
    assert links
    assert links <= targets


def test_words_of_the_document_stay_words() -> None:
    info = {"title": "<b>", "version": "1", "description": "<script>"}
    page = docs_page.build({"info": info, "paths": {}, "components": {"schemas": {}}}).body
    assert isinstance(page, bytes)
    assert b"&lt;script&gt;" in page
    assert b"<script>" not in page
