r"""From bytes to segments, tolerant: what senders really emit is read, said in `notes`, and the bytes are kept.

Separators \r, \r\n or \n; byte order mark, MLLP or padding left around; delimiters of MSH-1 and MSH-2; wrong or missing
character set; line breaks inside a text. See docs/decisions/0010-hl7v2-reader.md for why this is our own reader.
"""

import re

from maison.formats.hl7v2.charsets import decode
from maison.formats.hl7v2.faults import Fault, UnreadableMessage
from maison.formats.hl7v2.message import STANDARD, Delimiters, Message

MAX_BYTES = 64 * 1024 * 1024
"""A message above this is refused before it is decoded; documents are at most a few megabytes."""

_LEFT_BEHIND = b"\x0b\x1c\x00\x1a\r\n"
_SEGMENT_STARTS = re.compile(r"\n(?=[A-Z][A-Z0-9]{2}(?:\||\n|$))")
_STANDARD_START = "MSH|^~\\&|"


def recognise(data: bytes) -> bool:
    """Whether this looks like an HL7 v2 message in its usual form (vertical bars): looks at the first bytes only."""
    start = data[:64].lstrip(_LEFT_BEHIND).removeprefix(b"\xef\xbb\xbf").lstrip(_LEFT_BEHIND)
    return start[:3] == b"MSH" and len(start) >= 8 and start[3:4] not in b" \r\n<{" and not start[3:4].isalnum()


def read_message(data: bytes, limit: int = MAX_BYTES) -> Message:
    """The message, whatever its type. Raises UnreadableMessage, and nothing else, when there is none in these bytes."""
    if len(data) > limit:
        raise UnreadableMessage(f"Le message dépasse {limit // 1024 // 1024} Mo : il n’est pas ouvert.")
    raw = data
    notes: tuple[Fault, ...] = ()
    if data[:4] != b"MSH|":
        data, notes = _stripped(data)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text, charset, said = decode(data, _declared_charset(data))
    else:
        charset, said = "", ()
    if "\n" in text or text[-1] != "\r" or "\r\r" in text or "\x1c" in text:
        text, more = _canonical(text)
        said += more
    delimiters = STANDARD
    lines = text[:-1].split("\r")
    if not text.startswith(_STANDARD_START):
        delimiters, more = _delimiters(text)
        said += more
        if delimiters != STANDARD:
            lines = _to_standard(lines, delimiters)
    rows = [line.split("|") for line in lines]
    header = rows[0]
    header.insert(1, "|")
    if not charset:
        declared = header[18] if len(header) > 18 else ""
        if declared == "UNICODE UTF-8":
            charset = "utf-8"
        else:
            _, charset, more = decode(data, declared.partition("~")[0])
            said += more
    return Message(raw, text, rows, charset, delimiters, notes + said if said else notes)


def _stripped(data: bytes) -> tuple[bytes, tuple[Fault, ...]]:
    """Without what transports and editors leave before the header."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or data[:6:2] == b"\0\0\0" or data[1:7:2] == b"\0\0\0":
        raise UnreadableMessage("Le message est en UTF-16 ; l’UTF-8 ou l’ISO 8859 sont attendus.")
    bare = data.lstrip(_LEFT_BEHIND).removeprefix(b"\xef\xbb\xbf").lstrip(_LEFT_BEHIND)
    if not bare:
        raise UnreadableMessage("Le message est vide.")
    if bare[:3] in (b"FHS", b"BHS"):
        raise UnreadableMessage("C’est un lot de messages (FHS ou BHS) : envoyez les messages un par un.")
    if not recognise(bare):
        raise UnreadableMessage("Ce n’est pas un message HL7 v2 : il ne commence pas par un segment MSH.")
    if bare is data:
        return data, ()
    return bare, (
        Fault("", "framing", "Des octets de transport ou une marque d’ordre précèdent le message.", "warning"),
    )


def _declared_charset(data: bytes) -> str:
    """First repetition of MSH-18, found in the bytes: everything before it is in the ASCII range or does not matter."""
    parts = data.split(data[3:4], 18)
    if len(parts) < 18:
        return ""
    declared = parts[17]
    if b"\r" in declared or b"\n" in declared or len(declared) > 100:
        return ""
    if any(b"\r" in part or b"\n" in part for part in parts[2:17]):
        return ""
    return declared.decode("latin-1").partition("~")[0]


def _canonical(text: str) -> tuple[str, tuple[Fault, ...]]:
    """One carriage return after each segment. A line break inside a text stays in it, and is said."""
    text = text.rstrip("\x1c\x00\x1a\r\n\x0b")
    notes: tuple[Fault, ...] = ()
    if "\n" in text:
        if "\r" in text:
            text = text.replace("\r\n", "\r")
            if "\n" in text:
                text = _SEGMENT_STARTS.sub("\r", text)
        else:
            text = text.replace("\n", "\r")
        if "\n" in text:
            message = "Un retour à la ligne se trouve dans un champ : il devrait être écrit \\.br\\."
            notes = (Fault("", "delimiters", message, "warning"),)
    while "\r\r" in text:
        text = text.replace("\r\r", "\r")
    return text + "\r", notes


def _delimiters(text: str) -> tuple[Delimiters, tuple[Fault, ...]]:
    field = text[3]
    said = text[4:].partition(field)[0].partition("\r")[0]
    if len(said) > 5 or any(character.isalnum() or character.isspace() for character in said):
        raise UnreadableMessage("MSH-2 ne donne pas les séparateurs du message : « ^~\\& » est attendu.")
    found = Delimiters(field, *said[:4], *STANDARD[len(said[:4]) + 1 :])
    if len(set(found)) < 5 or field.isspace() or not field.isprintable():
        raise UnreadableMessage("MSH-1 et MSH-2 donnent deux fois le même séparateur : le message est ambigu.")
    if len(said) == 5 and found == STANDARD:
        return found, ()
    message = "MSH-1 et MSH-2 ne donnent pas les séparateurs habituels « |^~\\& »."
    return found, (Fault("MSH-2", "delimiters", message, "warning"),)


def _to_standard(lines: list[str], found: Delimiters) -> list[str]:
    """The same values with the standard delimiters: the ones of the message change places, theirs in texts are escaped."""
    escape = re.escape(found.escape)
    sequences = re.compile(f"{escape}([FSRET]){escape}")
    escaped = {character: f"\\{letter}\\" for letter, character in zip("FSRET", STANDARD, strict=True)}
    literal = {letter: escaped.get(character, character) for letter, character in zip("FSRET", found, strict=True)}
    table = {ord(character): sequence for character, sequence in escaped.items()}
    table |= {ord(character): standard for character, standard in zip(found, STANDARD, strict=True)}

    def converted(line: str) -> str:
        parts = sequences.split(line)
        pieces = [literal[part] if rank % 2 else part.translate(table) for rank, part in enumerate(parts)]
        return "".join(pieces)

    head, *rest = lines
    after = head[4 + len(head[4:].partition(found.field)[0]) :]
    return [f"MSH|^~\\&{converted(after)}", *map(converted, rest)]
