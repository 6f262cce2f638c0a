"""The daemon as a service of the system: it starts with the session, and again when it fails."""
