"""The way to relay and registry, looked at step by step, by a program of its own."""
