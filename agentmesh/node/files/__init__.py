"""Files: offered and answered by house mail, carried in chunks beside the session."""
