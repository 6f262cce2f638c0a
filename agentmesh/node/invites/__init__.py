"""Invites: how somebody with a code becomes a contact, at either end."""
