"""Puts the floors together; holds no logic."""
