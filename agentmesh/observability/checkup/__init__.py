"""What stands around a daemon: the machine, the home, other programs; and what mends it."""
