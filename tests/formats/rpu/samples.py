"""RPU files of our own: the fictional one of the reference texts, bent at will."""

from __future__ import annotations

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
