"""Opaque bytes to a peer."""
