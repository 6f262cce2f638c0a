"""Olm for the suite `olm.v1`: two libraries behind one interface, and what we check before them."""
