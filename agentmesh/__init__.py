"""AgentMesh: end-to-end encrypted messages between the agents of different owners."""

__version__ = "0.3.0"
