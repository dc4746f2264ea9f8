"""RPU files of our own: the fictional one of the reference texts, bent at will."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta

PATIENT = {
    "CP": "31000", "COMMUNE": "TOULOUSE", "NAISSANCE": "28/03/1979", "SEXE": "F", "ENTREE": "03/03/2026 14:05",
    "MODE_ENTREE": "8", "PROVENANCE": "5", "TRANSPORT": "AMBU", "TRANSPORT_PEC": "PARAMED", "MOTIF": "R074", "GRAVITE": "2",
    "DP": "R074", "LISTE_DA": "<DA>I10</DA>", "LISTE_ACTES": "<ACTE>DEQP003</ACTE>", "SORTIE": "03/03/2026 18:40",
    "MODE_SORTIE": "6", "DESTINATION": "1", "ORIENT": "MED",
}  # fmt: skip
ESTABLISHMENT = {
    "FINESS": "310781406", "ORDRE": "0", "EXTRACT": "04/03/2026 04:00:00", "DATEDEBUT": "03/03/2026",
    "DATEFIN": "03/03/2026",
}  # fmt: skip


def patient(**changes: str | None) -> str:
    values = {name: value for name, value in (PATIENT | changes).items() if value is not None}
    return "<PATIENT>" + "".join(f"<{name}>{value}</{name}>" for name, value in values.items()) + "</PATIENT>"


def file(*patients: str, encoding: str = "ISO-8859-1", one_passages_each: bool = False, **about: str) -> bytes:
    head = "".join(f"<{name}>{value}</{name}>" for name, value in (ESTABLISHMENT | about).items())
    each = patients or (patient(),)
    body = (
        "".join(f"<PASSAGES>{one}</PASSAGES>\n" for one in each)
        if one_passages_each
        else "<PASSAGES>\n" + "\n".join(each) + "</PASSAGES>"
    )
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?>\n<OSCOUR><ETABLISSEMENT>{head}</ETABLISSEMENT>\n{body}</OSCOUR>'
    )
    return text.encode(encoding)


def month(chance: random.Random, size: int, *, shuffled: bool = False) -> bytes:
    """As many passages, each different; `shuffled`: elements in any order."""
    written = []
    for _ in range(size):
        entered = datetime(2026, 3, 1) + timedelta(minutes=chance.randrange(44_000))  # noqa: DTZ001  (local, as the format writes)
        born = date(1930, 1, 1) + timedelta(days=chance.randrange(34_000))
        codes = [f"{chance.choice('IJKRST')}{chance.randrange(10, 99)}{chance.randrange(10)}" for _ in range(4)]
        told = PATIENT | {
            "NAISSANCE": f"{born:%d/%m/%Y}", "SEXE": chance.choice("MF"), "ENTREE": f"{entered:%d/%m/%Y %H:%M}",
            "SORTIE": f"{entered + timedelta(minutes=chance.randrange(20, 900)):%d/%m/%Y %H:%M}", "DP": codes[0],
            "MOTIF": codes[1], "LISTE_DA": "".join(f"<DA>{code}</DA>" for code in codes[2 : 2 + chance.randrange(3)]),
            "GRAVITE": chance.choice("12345"),
        }  # fmt: skip
        items = list(told.items())
        if shuffled:
            chance.shuffle(items)
        written.append("<PATIENT>" + "".join(f"<{name}>{value}</{name}>" for name, value in items) + "</PATIENT>")
    return file(*written, DATEDEBUT="01/03/2026", DATEFIN="31/03/2026")


PIECES = (
    *(
        b"<",
        b">",
        b"/",
        b"&",
        b"]]>",
        b"<!--",
        b"-->",
        b"<?x?>",
        b"\r",
        b"\n",
        b"\r\n",
        b" ",
        b"\x01",
        b"\xe9",
        b"\xc3\xa9",
    ),
    *(b"<PATIENT>", b"</PATIENT>", b"<CP>", b"</CP>", b"<DP/>", b"<DA>", b"</DA>", b"<AUTRE>x</AUTRE>", b"<OSCOUR>"),
    *(b"<ETABLISSEMENT>", b"</ETABLISSEMENT>", b"<LISTE_DA>", b"</LISTE_DA>", b' a="1"', b"<PASSAGES>", b"</PASSAGES>"),
)


def wounded(data: bytes, chance: random.Random) -> bytes:
    """One small wound, or a harmless oddity: a piece put in, a stretch lost, doubled or moved."""
    at = chance.randrange(len(data))
    length = chance.randrange(1, 60)
    match chance.randrange(4):
        case 0:
            return data[:at] + chance.choice(PIECES) + data[at:]
        case 1:
            return data[:at] + data[at + length :]
        case 2:
            return data[:at] + data[at : at + length] + data[at:]
    bracket = data.find(b"<", at)
    return data[:bracket] + chance.choice(PIECES) + data[bracket:]
