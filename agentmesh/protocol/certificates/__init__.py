"""Certificates: who vouches for an agent. X.509 with Ed25519, in one exact form and no other."""
