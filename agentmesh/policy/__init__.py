"""May this happen? Questions in a fixed order."""
