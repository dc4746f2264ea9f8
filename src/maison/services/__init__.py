"""Rooms used every day by professionals and patients."""
