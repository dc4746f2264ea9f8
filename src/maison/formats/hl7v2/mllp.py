r"""MLLP framing: VT, the message, FS, CR. A decoder fed with what the network gives, and an encoder.

    decoder = Decoder()
    for item in decoder.feed(chunk):
        match item:
            case Frame(data): ...        # one message, without its framing
            case Noise(): ...            # something else, to be said and forgotten
    decoder.close()                      # the connection ended: what was left unfinished

Source: HL7 2.5.1, appendix C (Minimal Lower Layer Protocol).
"""

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from maison.formats.hl7v2.faults import UnwritableMessage
from maison.formats.hl7v2.reader import MAX_BYTES

START = b"\x0b"
END = b"\x1c"
TRAILER = b"\x1c\r"

NoiseReason = Literal["between-frames", "unfinished", "too-large"]

KEPT_OF_NOISE = 4096
"""How much of what is not a message is given back: enough to find a header, never enough to fill a memory."""


class Frame(Struct, frozen=True):
    data: bytes


class Noise(Struct, frozen=True):
    """`size` bytes that make no message; `start` is their beginning (4 kB at most).

    `between-frames`: bytes outside any frame. `unfinished`: a frame cut by a new one or by the end of the connection.
    `too-large`: a frame over the limit, given once, when its end is seen.
    """

    reason: NoiseReason
    start: bytes
    size: int

    @property
    def french(self) -> str:
        return {
            "between-frames": "Des octets hors de tout message ont été reçus.",
            "unfinished": "Un message a été coupé avant sa fin.",
            "too-large": "Un message dépasse la taille admise.",
        }[self.reason]


class Decoder:
    """One for each connection. Holds one frame at most, never more than `limit` bytes.

    A frame ends at FS: the CR that must follow is swallowed when it comes, so that a sender who forgets it is answered.
    """

    def __init__(self, limit: int = MAX_BYTES) -> None:
        self._limit = limit
        self._inside = False
        self._parts: list[bytes] = []
        self._size = 0

    @property
    def is_pending(self) -> bool:
        """Whether a frame has begun and not ended: a time to be patient with the sender."""
        return self._inside

    def feed(self, chunk: bytes) -> Iterator[Frame | Noise]:
        """What this chunk completes, in order. Consume it whole: the state moves as it is read."""
        position, length = 0, len(chunk)
        while position < length:
            if not self._inside:
                begin = chunk.find(START, position)
                self._keep(chunk[position : begin if begin >= 0 else length])
                if begin < 0:
                    break
                yield from self._outside()
                self._inside = True
                position = begin + 1
            end = chunk.find(END, position)
            again = chunk.find(START, position, end if end >= 0 else length)
            if again >= 0:
                self._keep(chunk[position:again])
                yield self._noise("unfinished")
                position = again + 1
            elif end >= 0:
                self._keep(chunk[position:end])
                yield self._noise("too-large") if self._size > self._limit else Frame(self._taken())
                self._inside = False
                position = end + 1
            else:
                self._keep(chunk[position:])
                break
        if not self._inside and self._size > KEPT_OF_NOISE:
            yield from self._outside()

    def close(self) -> list[Noise]:
        """The connection ended."""
        if self._inside:
            self._inside = False
            return [self._noise("unfinished")]
        return list(self._outside())

    def _keep(self, piece: bytes) -> None:
        if piece:
            self._size += len(piece)
            if self._size <= self._limit:
                self._parts.append(bytes(piece))
            elif len(self._parts) != 1 or len(self._parts[0]) > KEPT_OF_NOISE:
                self._parts = [b"".join([*self._parts, piece[:KEPT_OF_NOISE]])[:KEPT_OF_NOISE]]

    def _taken(self) -> bytes:
        data = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts, self._size = [], 0
        return data

    def _noise(self, reason: NoiseReason) -> Noise:
        size = self._size
        return Noise(reason, self._taken()[:KEPT_OF_NOISE], size)

    def _outside(self) -> Iterator[Noise]:
        """Line ends and zeros between two frames are usual padding and say nothing."""
        size = self._size
        data = self._taken()
        if data.strip(b"\r\n\0 \t"):
            yield Noise("between-frames", data[:KEPT_OF_NOISE], size)


def frame(data: bytes) -> bytes:
    """The message ready for the network. Refuses one that holds a framing byte: it would be cut on the way."""
    if START in data or END in data:
        raise UnwritableMessage("Le message contient un octet de cadrage MLLP (VT ou FS).")
    return START + data + TRAILER
