"""Where a peer is, and under which keys."""
