"""The owner's dashboard: files for a browser, served by the daemon."""
