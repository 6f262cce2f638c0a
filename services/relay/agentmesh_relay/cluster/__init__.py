"""What makes a relay one of several: NATS between them, and who is where."""
