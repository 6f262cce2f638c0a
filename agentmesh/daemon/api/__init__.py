"""What the daemon answers: one module a group of calls, and the table that joins them."""
