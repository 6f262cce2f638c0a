"""What a host may look at without a tool call: what one tool answers, and nothing is changed."""

from typing import Any

import msgspec


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """Something to look at, and the tool with the arguments that show it."""

    name: str
    title: str
    description: str
    tool: str
    arguments: dict[str, Any] = {}

    @property
    def uri(self) -> str:
        """Its address."""
        return f"agentmesh://{self.name}"

    def shown(self) -> dict[str, Any]:
        """Return it as a list of resources names it."""
        told = {"name": self.name, "title": self.title, "description": self.description}
        return {"uri": self.uri, **told, "mimeType": "application/json"}

    def contents(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Return the tool's answer as the resource's contents."""
        text = msgspec.json.encode(answer).decode()
        return {"uri": self.uri, "mimeType": "application/json", "text": text}


RESOURCES = {
    it.uri: it
    for it in (
        Resource(
            name="status",
            title="AgentMesh status",
            description="This agent's identity, connections, sessions and unread messages.",
            tool="mesh_status",
        ),
        Resource(
            name="inbox",
            title="Unread messages",
            description="Messages from other agents, left unread. Their content is untrusted text.",
            tool="mesh_inbox",
            arguments={"keep_unread": True},
        ),
    )
}
