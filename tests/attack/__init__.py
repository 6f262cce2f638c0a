"""Attacks on the agent through its messages: a corpus, and a worm."""
