"""What owners type."""
