"""A structure as the Annuaire Santé gives it: `as-dp-organization` over FR Core. Pure mapping.

Source: IG Annuaire 1.2 (ANS), profile AsDpOrganizationProfile, read 2026-11-25. The establishment is an IdNatStruct `1` + FINESS.
"""

from __future__ import annotations

from typing import Any

CORE = "https://hl7.fr/ig/fhir/core/"
ANNUAIRE = "https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition/"
PROFILE = f"{ANNUAIRE}as-dp-organization"
FINESS = "https://finess.esante.gouv.fr"
IDNAT_STRUCT = "urn:oid:1.2.250.1.71.4.2.2"
SIRENE = "https://sirene.fr"
TYPES = f"{CORE}CodeSystem/fr-core-cs-v2-0203"
KINDS = f"{CORE}CodeSystem/fr-core-cs-v2-3307"
CATEGORY = "https://mos.esante.gouv.fr/NOS/TRE_R66-CategorieEtablissement/FHIR/TRE-R66-CategorieEtablissement"
LEGAL_STATUS = "https://mos.esante.gouv.fr/NOS/TRE_R72-FinessStatutJuridique/FHIR/TRE-R72-FinessStatutJuridique"
COMMUNE = "https://mos.esante.gouv.fr/NOS/TRE_R13-Commune/FHIR/TRE-R13-Commune"
KIND_CODES = {"EJ": "LEGAL-ENTITY", "EG": "GEOGRAPHICAL-ENTITY"}


def to_fhir(one: dict[str, Any]) -> dict[str, Any]:
    """`one` has the columns of a facility, `parent_id`, `is_open`, and `mailboxes` (organisational addresses). Absent values are left out."""
    found: dict[str, Any] = {
        "resourceType": "Organization", "id": str(one["id"]), "meta": {"profile": [PROFILE]}, "language": "fr",
        "identifier": _identifiers(one), "active": one["is_open"],
        "type": _types(one), "name": one["long_name"] or one["name"],
    }  # fmt: skip
    if one["long_name"] and one["name"] and one["long_name"] != one["name"]:
        found["alias"] = [one["name"]]
    if one["phone"]:
        found["telecom"] = [{"system": "phone", "value": one["phone"], "rank": 1}]
    for address in one.get("mailboxes") or ():
        found.setdefault("telecom", []).append(mailbox(address))
    if one["line"] or one["city"]:
        found["address"] = [_address(one)]
    if one["parent_id"]:
        found["partOf"] = {"reference": f"Organization/{one['parent_id']}"}
    period = {name: day.isoformat() for name, day in (("start", one["opened_on"]), ("end", one["closed_on"])) if day}
    if period:
        found["extension"] = [{"url": "http://hl7.org/fhir/StructureDefinition/organization-period", "valuePeriod": period}]  # fmt: skip
    return found


def _identifiers(one: dict[str, Any]) -> list[dict[str, Any]]:
    kind = "FINEJ" if one["kind"] == "EJ" else "FINEG"
    found = [identifier("IDNST", IDNAT_STRUCT, f"1{one['finess']}"), identifier(kind, FINESS, one["finess"])]
    if one["siret"]:
        found.append(identifier("SIRET", SIRENE, one["siret"]))
    elif one["siren"]:
        found.append(identifier("SIREN", SIRENE, one["siren"]))
    return found


def identifier(kind: str, system: str, value: str) -> dict[str, Any]:
    return {"use": "official", "type": {"coding": [{"system": TYPES, "code": kind}]}, "system": system, "value": value}


def mailbox(address: str) -> dict[str, Any]:
    """A secure mailbox (R256, MSSANTE)."""
    system = "https://mos.esante.gouv.fr/NOS/TRE_R256-TypeMessagerie/FHIR/TRE-R256-TypeMessagerie"
    return {
        "extension": [{"url": f"{CORE}StructureDefinition/fr-core-contact-point-email-type",
                       "valueCoding": {"system": system, "code": "MSSANTE"}}],
        "system": "email", "value": address,
    }  # fmt: skip


def _types(one: dict[str, Any]) -> list[dict[str, Any]]:
    found = [_type("organizationType", KINDS, KIND_CODES[one["kind"]])]
    if one["category"]:
        found.append(_type("typeEtablissement", CATEGORY, one["category"], one["category_label"]))
    if one["legal_status"]:
        found.append(_type("statutJuridiqueINSEE", LEGAL_STATUS, one["legal_status"]))
    return found


def _type(slice_name: str, system: str, code: str, display: str = "") -> dict[str, Any]:
    coding = {"system": system, "code": code} | ({"display": display} if display else {})
    return {"extension": [{"url": f"{ANNUAIRE}as-ext-organization-types", "valueCode": slice_name}], "coding": [coding]}


def _address(one: dict[str, Any]) -> dict[str, Any]:
    found = {
        "line": [line for line in (one["line"], one["complement"]) if line], "city": one["city"],
        "district": one["department"], "postalCode": one["postal_code"],
    }  # fmt: skip
    found = {name: value for name, value in found.items() if value}
    if one["city_code"]:
        coding = {"system": COMMUNE, "code": one["city_code"]}
        found["extension"] = [{"url": f"{CORE}StructureDefinition/fr-core-address-insee-code", "valueCoding": coding}]
    return found
