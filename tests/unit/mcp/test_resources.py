"""What a host may look at is what tools answer."""

import pytest

from agentmesh.mcp.resources import RESOURCES, Resource
from agentmesh.tools.catalog import TOOLS


@pytest.mark.parametrize("resource", RESOURCES.values(), ids=lambda it: it.name)
def test_a_resource_shows_what_a_tool_answers_to_arguments_that_it_takes(
    resource: Resource,
) -> None:
    assert set(resource.arguments) <= set(TOOLS[resource.tool].properties)
    assert RESOURCES[resource.uri] == resource
    assert resource.contents({"ok": True})["text"] == '{"ok":true}'
