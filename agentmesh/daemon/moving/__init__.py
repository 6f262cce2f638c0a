"""Moving a home of the 0.2 draft in, by a program of its own."""
