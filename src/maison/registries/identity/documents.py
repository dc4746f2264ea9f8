"""Which document proves an identity, and which does not. Only its kind and its validity are ever kept (RNIV, DOMAIN §1).

Source: DOMAIN §1 (high-trust documents; validation modes of FR Core identity-reliability), read 2026-11-25.
"""

from __future__ import annotations

from dataclasses import dataclass

ADULT_YEARS = 18


@dataclass(frozen=True, slots=True)
class Kind:
    """`trust` high: enough; minor: enough for a minor, with a parent's document; resident: with the carte Vitale with photo,
    in a nursing home; low: seen, never enough. `fhir` is the FR Core validation mode, "" when it has none."""

    code: str
    label: str
    trust: str
    fhir: str = ""


KINDS = {
    kind.code: kind
    for kind in (
        Kind("CN", "Carte nationale d'identité (UE, Suisse, Liechtenstein, Norvège, Islande, Vatican, Monaco, Saint-Marin, Andorre)", "high", "CN"),
        Kind("PA", "Passeport", "high", "PA"),
        Kind("CS", "Titre de séjour", "high", "CS"),
        Kind("AV", "Application carte Vitale (ApCV)", "high", "AV"),
        Kind("IN", "Identité numérique La Poste", "high", "IN"),
        Kind("ECN", "Carte nationale d'identité électronique, lue par France Identité", "high", "eCN"),
        Kind("LE", "Livret de famille ou acte de naissance, avec la pièce d'un parent (mineur)", "minor", "LEP"),
        Kind("CC", "Document de circulation pour étranger mineur", "minor", "CC"),
        Kind("LECV", "Livret de famille ou acte de naissance, avec la carte Vitale à photo (résident d'Ehpad)", "resident", "LECV"),
        Kind("PC", "Permis de conduire", "low"),
        Kind("VI", "Carte Vitale sans autre pièce", "low"),
        Kind("CO", "Copie ou photo d'une pièce, sans l'original", "low"),
    )
}  # fmt: skip
ESTABLISHMENT = "ET"
"""The establishment says so in its own message, without saying which document."""
LABELS = {code: kind.label for code, kind in KINDS.items()} | {ESTABLISHMENT: "Validée par l'établissement"}


def refusal(code: str, *, age_years: int | None, is_resident: bool) -> str:
    """Why this document is not enough, in French; "" when it is."""
    kind = KINDS.get(code)
    if kind is None:
        return "Cette pièce n'est pas dans la liste."
    if kind.trust == "low":
        return "Demandez une carte nationale d'identité, un passeport ou un titre de séjour, en original."
    if kind.trust == "minor" and (age_years is None or age_years >= ADULT_YEARS):
        return "Cette pièce n'est admise que pour un mineur."
    if kind.trust == "resident" and not is_resident:
        return "Cette pièce n'est admise que pour un résident d'Ehpad."
    return ""
