"""Certificates of ours: the one that we bear, those of our fleet, and what we trust."""
