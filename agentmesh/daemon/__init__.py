"""The process around the node."""
