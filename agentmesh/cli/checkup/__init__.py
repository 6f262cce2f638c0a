"""Commands by which an owner finds out how things are, and what to do about it."""
