"""Official exchange formats and identifiers: pure Python, no Django."""
