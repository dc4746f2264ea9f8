"""Writes: versions of channels, mapping tables, stopped messages, the desks that mend them."""
