"""Plays the national services (Pro Santé Connect, Hub Santé) for demonstration and tests; never imported by the house."""
