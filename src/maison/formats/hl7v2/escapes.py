r"""Escape sequences, with the standard delimiters |^~\& (the reader brings every message to them).

`unescape(escape(text))` is `text`, whatever the text; a raw value of two double quotes means "erase", a text of two double
quotes is escaped so that it stays a text. Source: HL7 2.5.1, chapter 2, section 2.7.
"""

import re
from collections.abc import Callable

DELETE = '""'

_SEQUENCE = re.compile(r"\\([^\\\r\n]*)\\")
_LETTERS = {"F": "|", "S": "^", "T": "&", "R": "~", "E": "\\", "P": "#", "H": "", "N": ""}
_ESCAPED = str.maketrans(
    {code: f"\\X{code:02X}\\" for code in (*range(9), *range(0xB, 0x20), 0x7F)}
    | {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\", "\n": "\\.br\\"}
)
_SPECIAL = re.compile(r"[\\|^&~\x00-\x08\x0a-\x1f\x7f]")


def escape(text: str) -> str:
    if text == DELETE:
        return '\\X22\\"'
    return text.translate(_ESCAPED) if _SPECIAL.search(text) else text


def unescape(raw: str, charset: str = "utf-8") -> str:
    r"""The text people wrote. `\.br\` and `\.sp\` are new lines, `\X0D0A\` bytes of the message's character set.

    Highlighting is dropped; a sequence that is unknown, local (`\Z..\`) or never closed stays as it came.
    """
    return _SEQUENCE.sub(_replacer(charset), raw) if "\\" in raw else raw


def text_of(raw: str, charset: str = "utf-8") -> str | None:
    """None when nothing was sent, "" when the sender asks to erase, else the text."""
    if not raw:
        return None
    if raw == DELETE:
        return ""
    return unescape(raw, charset) if "\\" in raw else raw


def _replacer(charset: str) -> Callable[[re.Match[str]], str]:
    def replace(found: re.Match[str]) -> str:
        code = found[1]
        letter = _LETTERS.get(code)
        if letter is not None:
            return letter
        if code[:1] == "X":
            try:
                return bytes.fromhex(code[1:]).decode(charset)
            except ValueError:
                return found[0]
        if layout := re.fullmatch(r"\.(br|sp|sk|in|ti|fi|nf|ce)([+-]?\d{0,3})", code):
            count = abs(int(layout[2])) if layout[2].strip("+-") else 1
            return {"br": "\n", "sp": "\n" * count, "sk": " " * count, "ce": "\n"}.get(layout[1], "")
        return found[0]

    return replace
