"""Forged certificates: tables of them, and what they are made with."""
