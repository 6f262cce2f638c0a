"""Keys in, bytes out."""
