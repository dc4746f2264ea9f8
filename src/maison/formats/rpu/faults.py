"""What is wrong with an RPU file: each fault has its place, its rule, its weight and a sentence in French."""

from typing import Literal

from msgspec import Struct

Weight = Literal["file", "passage", "alert"]


class Fault(Struct, frozen=True, gc=False):
    """`weight`: the file is refused, the passage is, or neither. `place` is `PASSAGES/PATIENT[3]/SORTIE`, ranks from 1.

    `line` is that of the passage in the XML, 0 when it is not known. `message` quotes codes, never a date of birth nor a place.
    """

    place: str
    rule: str
    weight: Weight
    message: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.place} : {self.message}"


class UnreadableFile(ValueError):
    """R01: not an RPU file at all, or XML that cannot be read to its end. `line` and `column` when the parser knows them."""

    code = "R01"

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column
