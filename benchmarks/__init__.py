"""One script per figure that the README states. `make bench` runs them all."""
