"""Mechanisms built once for every room."""
