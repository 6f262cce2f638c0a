"""Schemas in the life of an agent: which are kept, and what they say of messages."""
