"""Words on the wire, shared by agents, relays and registries."""
