"""The load that `benchmarks/relay.py` puts on a relay, from processes of its own: light ones."""
