"""Watching the registry's log: for what is said of us, of our contacts, and to others."""
