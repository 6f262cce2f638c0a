"""Telling a registry which agents are gone."""
