"""The floor: what the protocol asks for, and nothing around it."""
