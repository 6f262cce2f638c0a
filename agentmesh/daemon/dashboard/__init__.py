"""The dashboard's door: HTTP on loopback for the owner's browser, and nobody else's page."""
