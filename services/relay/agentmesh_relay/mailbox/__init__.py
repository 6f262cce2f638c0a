"""Where frames wait for agents who are away."""
