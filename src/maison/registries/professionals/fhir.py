"""A professional and an activity as the Annuaire Santé gives them: `as-dp-practitioner`, `as-dp-practitionerrole`. Pure mapping.

Source: IG Annuaire 1.2 (ANS), read 2026-11-25; public fields only.
"""

from __future__ import annotations

from typing import Any

from maison.registries.facilities.fhir import ANNUAIRE, identifier, mailbox

PRACTITIONER, ROLE = f"{ANNUAIRE}as-dp-practitioner", f"{ANNUAIRE}as-dp-practitionerrole"
IDNAT_PS, RPPS, ADELI = "urn:oid:1.2.250.1.71.4.2.1", "https://rpps.esante.gouv.fr", "https://adeli.esante.gouv.fr"
NOS = "https://mos.esante.gouv.fr/NOS/"


def nos(name: str) -> str:
    """`TRE_G15-ProfessionSante` gives its canonical address in the NOS."""
    return f"{NOS}{name}/FHIR/{name.replace('TRE_', 'TRE-')}"


PROFESSION, CATEGORY, SKILL = nos("TRE_G15-ProfessionSante"), nos("TRE_R09-CategorieProfessionnelle"), nos("TRE_R38-SpecialiteOrdinale")  # fmt: skip
GENRE, MODE, FUNCTION = nos("TRE_R22-GenreActivite"), nos("TRE_R23-ModeExercice"), nos("TRE_R21-Fonction")
SECTOR = nos("TRE_R02-SecteurActivite")


def practitioner(one: dict[str, Any]) -> dict[str, Any]:
    """`one` has the columns of a professional, and `mailboxes` (addresses)."""
    kind, system = ("RPPS", RPPS) if one["idnat"].startswith("8") else ("ADELI", ADELI)
    name: dict[str, Any] = {"use": "usual", "family": one["name"]}
    if one["first_name"]:
        name["given"] = [one["first_name"]]
    if one["title"]:
        name["prefix"] = [one["title"]]
    found: dict[str, Any] = {
        "resourceType": "Practitioner", "id": str(one["id"]), "meta": {"profile": [PRACTITIONER]}, "language": "fr",
        "identifier": [identifier("IDNPS", IDNAT_PS, one["idnat"]), identifier(kind, system, one["identifier"] or one["idnat"][1:])],
        "active": one["closed_on"] is None, "name": [name],
    }  # fmt: skip
    if one["mailboxes"]:
        found["telecom"] = [mailbox(address) for address in one["mailboxes"]]
    if one["profession"]:
        codings = [_coding(PROFESSION, one["profession"], one["profession_label"])]
        if one["category"]:
            codings.append(_coding(CATEGORY, one["category"]))
        found["qualification"] = [{"code": {"coding": codings}}]
        if one["skill"]:
            found["qualification"].append({"code": {"coding": [_coding(SKILL, one["skill"], one["skill_label"])]}})
    return found


def role(one: dict[str, Any]) -> dict[str, Any]:
    """`one` has the columns of an activity, `professional_id`, `is_open`, and `facility_id` when its site is in the register."""
    found: dict[str, Any] = {
        "resourceType": "PractitionerRole", "id": str(one["id"]), "meta": {"profile": [ROLE]}, "language": "fr",
        "active": one["is_open"], "practitioner": {"reference": f"Practitioner/{one['professional_id']}"},
        "code": [{"coding": [_coding(system, one[name])]} for system, name in
                 ((GENRE, "genre"), (MODE, "mode"), (FUNCTION, "role"), (SECTOR, "sector")) if one[name]],
    }  # fmt: skip
    if not found["code"]:
        del found["code"]
    if one["facility_id"]:
        found["organization"] = {"reference": f"Organization/{one['facility_id']}"}
    elif one["structure_name"]:
        found["organization"] = {"display": one["structure_name"]}
    if one["phone"]:
        found["telecom"] = [{"system": "phone", "value": one["phone"]}]
    if one["closed_on"]:
        found["period"] = {"end": one["closed_on"].isoformat()}
    return found


def _coding(system: str, code: str, display: str = "") -> dict[str, str]:
    return {"system": system, "code": code} | ({"display": display} if display else {})
