"""Commands by which the owner lets the agent and its peers do something."""
