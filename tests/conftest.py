"""What no test depends on: how busy the machine is, and who started the run."""

import signal

from hypothesis import HealthCheck, settings

# Any machine stands still for a moment now and then: a bound of milliseconds would be luck.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# A run in the background is told to ignore Ctrl-C, and so is every program that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
