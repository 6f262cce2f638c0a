"""AgentMesh: end-to-end encrypted messages between the agents of different owners."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agentmesh.control.agent import Agent
    from agentmesh.control.answers import Message, Sent

__version__ = "0.3.0"
__all__ = ["Agent", "Message", "Sent"]


def __getattr__(name: str) -> Any:
    """Load the Python API when it is first used: whoever wants less does not pay for it."""
    if name not in __all__:
        raise AttributeError(name)
    from agentmesh.control import agent  # noqa: PLC0415 - loaded late on purpose

    return getattr(agent, name)
