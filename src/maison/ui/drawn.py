"""Pieces of pages kept once drawn, for lists that many screens re-read: a wall, a queue.

A piece is kept under a key that holds everything it shows: the version of its facts, the rights of the reader that change
it, the words of its clocks. Nothing is ever invalidated: when something changes the key is another one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from threading import Lock

from django.utils.safestring import SafeString


class Drawn[Key: Hashable]:
    """At most `size` pieces in the memory of this process; those shown longest ago are forgotten first."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._pieces: OrderedDict[Key, SafeString] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._pieces)

    def of(self, keys: Sequence[Key], draw: Callable[[Sequence[Key]], Mapping[Key, SafeString]]) -> list[SafeString]:
        """The pieces in the order of their keys; those not known yet are drawn together. What `draw` leaves out is left out."""
        known = self._known(keys)
        missing = [key for key in keys if key not in known]
        if missing:
            made = draw(missing)
            self._keep(made.items())
            known |= made
        return [known[key] for key in keys if key in known]

    def _known(self, keys: Iterable[Key]) -> dict[Key, SafeString]:
        known = {}
        with self._lock:
            for key in keys:
                piece = self._pieces.get(key)
                if piece is not None:
                    self._pieces.move_to_end(key)
                    known[key] = piece
        return known

    def _keep(self, made: Iterable[tuple[Key, SafeString]]) -> None:
        with self._lock:
            for key, piece in made:
                self._pieces[key] = piece
            while len(self._pieces) > self.size:
                self._pieces.popitem(last=False)
