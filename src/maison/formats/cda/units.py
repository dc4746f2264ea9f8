"""Measures as people write them in France, from their UCUM units. A unit without words here is shown as it came."""

from __future__ import annotations

import re

WORDS = {
    "Cel": "°C",
    "mm[Hg]": "mmHg",
    "cm[H2O]": "cmH₂O",
    "/min": "/min",
    "kg/m2": "kg/m²",
    "ug": "µg",
    "umol/L": "µmol/L",
    "10*9/L": "G/L",
    "10*12/L": "T/L",
    "[IU]": "UI",
    "[IU]/L": "UI/L",
    "m[IU]/L": "mUI/L",
    "{tbl}": "comprimé(s)",
    "{tablet}": "comprimé(s)",
    "{score}": "",
    "{pack}/a": "paquets-années",
    "1": "",
    "d": "jour(s)",
    "wk": "semaine(s)",
    "mo": "mois",
    "a": "an(s)",
    "h": "heure(s)",
    "min": "minute(s)",
    "%": "%",
}
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


def quantity(value: str, unit: str) -> str:
    """`37.5`, `Cel` gives `37,5 °C`; the empty text when there is no value."""
    if not value:
        return ""
    number = value.replace(".", ",") if _NUMBER.fullmatch(value) else value
    words = WORDS.get(unit, unit)
    return f"{number} {words}".strip()
