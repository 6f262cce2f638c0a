"""Words on the control socket, and who speaks them."""
