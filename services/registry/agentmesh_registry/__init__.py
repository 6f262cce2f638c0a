"""The registry: where an agent is, and under which keys."""
