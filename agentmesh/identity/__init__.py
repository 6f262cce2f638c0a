"""Who we are, and whom we believe."""
