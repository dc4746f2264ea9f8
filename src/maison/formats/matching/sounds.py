"""What a French name sounds like, written so that two spellings of one sound are the same text.

A code of our own, coarser than an ear: silent endings fall (DUPONT, DUPOND), the spellings of one sound meet (EAU, AULT,
AUD), doubled letters are one (MOHAMMED), H is mute but in CH and PH. It is a key and a level of likeness, never a proof.
Like `spelling`, it works on one name or on many separated by line feeds.
"""

import re

_ONE_FOR_ANOTHER = (
    ("TCH", "1"), ("SCH", "1"), ("CHR", "KR"), ("CHL", "KL"), ("CH", "1"), ("SH", "1"), ("PH", "F"), ("H", ""),
    ("DJ", "J"), ("GUE", "9E"), ("GUI", "9I"), ("GUY", "9I"), ("GE", "JE"), ("GI", "JI"), ("GY", "JI"), ("GN", "N"), ("9", "G"),
    ("CE", "SE"), ("CI", "SI"), ("CY", "SI"), ("SC", "SK"), ("QU", "K"), ("Q", "K"), ("CK", "K"), ("C", "K"), ("W", "V"),
    ("EBVR", "EVR"), ("EBUR", "EVR"), ("EAU", "O"), ("AULT", "O"), ("AULD", "O"), ("AUD\n", "O\n"), ("AU", "O"),
    ("OEU", "E"), ("EU", "E"), ("OU", "3"), ("OY", "4"), ("OI", "4"), ("AIN", "5N"), ("EIN", "5N"),
    ("AI", "8"), ("AY", "8"), ("EI", "8"), ("EY", "8"), ("Y", "I"), ("Z", "S"), ("X", "S"),
)  # fmt: skip
_DOUBLED = re.compile(r"([A-Z1-9])\1+")  # written twice, heard once
_NASAL = re.compile(r"([AEIOU5])[NM](?![AEIOU3458NM])")
_ENDING_HEARD = re.compile(r"E[RT]S?\n")
_ENDING_MUTE = re.compile(r"(?<=[A-Z1-9][A-Z1-9])(?:ES?|[DTSP]S?)\n")
_NASALS = {"A": "6", "E": "6", "I": "5", "5": "5", "O": "7", "U": "5"}


def sound_of(names: str) -> str:
    """DUPOND, DUPONT and DUPPONT give « DUP7 »; BOUCHER and BOUCHET « B318 ». Compact names only."""
    text = _DOUBLED.sub(r"\1", names) + "\n"
    for spelling, sound in _ONE_FOR_ANOTHER:
        text = text.replace(spelling, sound)
    text = _NASAL.sub(lambda found: _NASALS[found[1]], text)
    text = _ENDING_HEARD.sub("8\n", text)
    text = _ENDING_MUTE.sub("\n", text)
    return _DOUBLED.sub(r"\1", text[:-1])
