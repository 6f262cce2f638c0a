"""The relay: carries sealed frames between agents and reads none."""
