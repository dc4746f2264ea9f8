"""Maison e-santé: the digital house of a regional e-health agency (GRADeS)."""

__version__ = "0.1.0"
