"""Files people and systems give the house: recognised by content, bounded, encrypted, read through one door.

Words: *purpose* what a file is for; a room registers it with what it accepts, how large, and who may read. A file is
stored under an opaque name outside the web root; it is never erased by a person, only withdrawn.
"""

from .purposes import FilePurpose, purposes, register_purpose

__all__ = ["FilePurpose", "purposes", "register_purpose"]
