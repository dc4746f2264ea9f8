"""Which character set a message is in: what MSH-18 says, unless the bytes prove otherwise. Table HL7 0211."""

from typing import NamedTuple

from maison.formats.hl7v2.faults import Fault

CODECS = {
    "UNICODE UTF-8": "utf-8",
    "UNICODE": "utf-8",
    "UTF-8": "utf-8",
    "8859/1": "iso8859-1",
    "8859/15": "iso8859-15",
    "ISO-8859-1": "iso8859-1",
    "ISO-8859-15": "iso8859-15",
    "ASCII": "ascii",
    "": "ascii",
}
"""The names of the table, then those that are met instead. Nothing said is ASCII."""

NAMES = {"utf-8": "UNICODE UTF-8", "iso8859-1": "8859/1", "iso8859-15": "8859/15", "ascii": "ASCII"}
"""How a written message names its character set."""


class Decoded(NamedTuple):
    text: str
    charset: str
    notes: tuple[Fault, ...]


def decode(data: bytes, declared: str) -> Decoded:
    """Never fails: French text in the wrong set is repaired and said. The codec given back rewrites the same bytes."""
    wanted = CODECS.get(declared.strip().upper())
    if data.isascii():
        return Decoded(data.decode("ascii"), wanted or "utf-8", () if wanted else (_unknown(),))
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return _single_byte(data, wanted)
    if wanted == "utf-8":
        return Decoded(text, "utf-8", ())
    if wanted is None:
        return Decoded(text, "utf-8", (_unknown(),))
    if wanted == "ascii":
        return Decoded(text, "utf-8", (_note("Le jeu de caractères n’est pas déclaré ; le texte est lu en UTF-8."),))
    return Decoded(
        text, "utf-8", (_note("Le jeu de caractères déclaré ne correspond pas aux octets, qui sont en UTF-8."),)
    )


def _single_byte(data: bytes, wanted: str | None) -> Decoded:
    if wanted == "utf-8":
        said = "Le message se dit en UTF-8 et ne l’est pas ; il est lu en 8859/15."
    elif wanted is None:
        said = "Le jeu de caractères déclaré est inconnu ; le texte est lu en 8859/15."
    elif wanted == "ascii":
        said = "Le jeu de caractères n’est pas déclaré ; le texte est lu en 8859/15."
    else:
        said = ""
    if any(data.find(byte) >= 0 for byte in _WINDOWS_ONLY):
        try:
            text = data.decode("cp1252")
        except UnicodeDecodeError:
            pass
        else:
            return Decoded(text, "cp1252", (_note("Le texte est dans le jeu de caractères de Windows (1252)."),))
    charset = wanted if wanted in ("iso8859-1", "iso8859-15") else "iso8859-15"
    return Decoded(data.decode(charset), charset, (_note(said),) if said else ())


_WINDOWS_ONLY = [bytes([code]) for code in range(0x80, 0xA0)]
"""Control characters in ISO 8859, quotes, dashes and ligatures in Windows 1252."""


def _unknown() -> Fault:
    return _note("Le jeu de caractères déclaré est inconnu ; le texte est lu en UTF-8.")


def _note(message: str) -> Fault:
    return Fault("MSH-18", "charset", message, "warning")
