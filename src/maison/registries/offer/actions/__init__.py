"""Writes of the room: describing offers, counting beds, promising them, setting off a plan blanc."""
