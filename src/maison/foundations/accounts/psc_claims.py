"""Reads the claims of Pro Santé Connect: who the person is, and in which situations d'exercice.

Tolerant: a missing, empty or oddly typed claim is as good as absent; only the national identifier is indispensable.
Source: ANS, « Pro Santé Connect, documentation industriels », userinfo 1.0 (DOMAIN §4), read 2026-11-22.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

IDNAT = re.compile(r"[0-9][0-9A-Z]{1,29}")
RPPS_TYPE, ADELI_TYPE = "8", "0"
"""First character of the identification nationale (IdNat_PS): the kind of number that follows."""


class UnusableClaims(ValueError):
    """The claims do not say who the person is."""


@dataclass(frozen=True, slots=True)
class SituationClaim:
    """One activity of one exercice. `key` tells two structures apart from one sign-in to the next."""

    profession: str = ""
    skill: str = ""
    mode: str = ""
    sector: str = ""
    role: str = ""
    organisation_name: str = ""
    finess_site: str = ""
    finess_entity: str = ""
    siret: str = ""
    technical_id: str = ""

    @property
    def site_number(self) -> str:
        """FINESS of the site: declared, else said by the technical identifier (IdNat_Struct, TRE_G07: `1` + FINESS)."""
        return self.finess_site or (_finess(self.technical_id[1:]) if self.technical_id[:1] == "1" else "")

    @property
    def siret_number(self) -> str:
        """SIRET: declared, else said by the technical identifier (`3` + SIRET)."""
        return self.siret or (_digits(self.technical_id[1:], 14) if self.technical_id[:1] == "3" else "")

    @property
    def key(self) -> str:
        """The strongest identifier first; the technical one after it, since a hospital and its SAMU may share a FINESS."""
        strong = (
            f"finess:{self.finess_site or self.finess_entity}"
            if self.finess_site or self.finess_entity
            else f"siret:{self.siret}"
            if self.siret
            else ""
        )
        parts = [part for part in (strong, f"id:{self.technical_id}" if self.technical_id else "") if part]
        return "/".join(parts)[:60] or (f"nom:{self.organisation_name}"[:60] if self.organisation_name else "")

    @property
    def identity(self) -> tuple[str, str, str, str]:
        return self.key, self.profession, self.mode, self.role


@dataclass(frozen=True, slots=True)
class ProfessionalClaims:
    """`subject` is the IdNat_PS; `former_subjects` the ones the person had before, as after ADELI → RPPS."""

    subject: str
    rpps: str
    family_name: str
    given_name: str
    situations: tuple[SituationClaim, ...]
    former_subjects: tuple[str, ...] = ()
    regulates: bool = False


def read_claims(claims: Mapping[str, Any]) -> ProfessionalClaims:
    """Raises UnusableClaims when SubjectNameID is absent or is no identification nationale."""
    subject = _text(claims, "SubjectNameID") or _text(claims, "preferred_username")
    if not IDNAT.fullmatch(subject):
        raise UnusableClaims("SubjectNameID")
    reference = _mapping(claims.get("SubjectRefPro"))
    exercices = [_mapping(item) for item in _list(reference.get("exercices"))]
    first = exercices[0] if exercices else {}
    situations = tuple(dict.fromkeys(_situations(exercices))) or (_bare_situation(claims),)
    known: dict[tuple[str, str, str, str], SituationClaim] = {}
    for situation in situations:
        known.setdefault(situation.identity, situation)
    return ProfessionalClaims(
        subject=subject,
        rpps=subject[1:] if subject[0] == RPPS_TYPE and len(subject) == 12 else "",
        family_name=_text(claims, "family_name") or _text(first, "nomDexercice"),
        given_name=_text(claims, "given_name") or _text(first, "prenomDexercice"),
        situations=tuple(known.values()),
        former_subjects=tuple(other for other in _other_subjects(claims) if other != subject),
        regulates=_text(claims, "Acces_Regulation_Medicale").upper() == "VRAI",
    )


def _situations(exercices: list[Mapping[str, Any]]) -> Iterator[SituationClaim]:
    for exercice in exercices:
        profession, skill = _text(exercice, "codeProfession"), _text(exercice, "codeSavoirFaire")
        activities = [_mapping(item) for item in _list(exercice.get("activities"))]
        for activity in activities or [{}]:
            yield SituationClaim(
                profession=profession,
                skill=skill,
                mode=_text(activity, "codeModeExercice"),
                sector=_code(_text(activity, "codeSecteurDactivite")),
                role=_text(activity, "codeRole"),
                organisation_name=_text(activity, "raisonSocialeSite") or _text(activity, "enseigneCommercialeSite"),
                finess_site=_finess(_text(activity, "numeroFinessSite")),
                finess_entity=_finess(_text(activity, "numeroFinessetablissementJuridique")),
                siret=_digits(_text(activity, "numeroSiretSite"), 14),
                technical_id=_text(activity, "identifiantTechniqueDeLaStructure"),
            )


def _bare_situation(claims: Mapping[str, Any]) -> SituationClaim:
    """No exercice at all: the flat claims say the profession, and perhaps one structure."""
    roles = [str(item) for item in _list(claims.get("SubjectRole")) if isinstance(item, str)]
    organisation = _text(claims, "SubjectOrganizationID")
    # Structure identifiers bear their kind in front (IdNat_Struct): 1 FINESS, 3 SIRET; one without kind is technical.
    finess = _finess(organisation[1:]) if organisation[:1] == "1" else ""
    siret = _digits(organisation[1:], 14) if organisation[:1] == "3" else ""
    return SituationClaim(
        profession=_code(roles[0]) if roles else "",
        sector=_code(_text(claims, "Secteur_Activite")),
        organisation_name=_text(claims, "SubjectOrganization"),
        finess_site=finess,
        siret=siret,
        technical_id="" if finess or siret else organisation,
    )


def _other_subjects(claims: Mapping[str, Any]) -> Iterator[str]:
    """`otherIds` give identifiers with or without their leading type; the house writes them with."""
    for item in _list(claims.get("otherIds")):
        entry = _mapping(item)
        identifier, origin = _text(entry, "identifiant").upper(), _text(entry, "origine").upper()
        if origin == "RPPS" and len(identifier) == 11:
            identifier = RPPS_TYPE + identifier
        elif origin == "ADELI" and len(identifier) == 9:
            identifier = ADELI_TYPE + identifier
        if origin in {"RPPS", "ADELI"} and IDNAT.fullmatch(identifier):
            yield identifier


def _text(source: Mapping[str, Any], name: str) -> str:
    value = source.get(name)
    return value.strip() if isinstance(value, str) else ""


def _code(value: str) -> str:
    """`SA01^1.2.250.1.71.4.2.4` is a code and its nomenclature: the code."""
    return value.partition("^")[0].strip()


def _finess(value: str) -> str:
    return value.upper() if re.fullmatch(r"[0-9][0-9ABab][0-9]{7}", value) else ""


def _digits(value: str, length: int) -> str:
    return value if value.isascii() and value.isdigit() and len(value) == length else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
