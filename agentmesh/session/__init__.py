"""Talking to one peer: states, events, effects, and the one table that joins them."""
