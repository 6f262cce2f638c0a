"""What the owner decides, and what the agent may do without asking."""
