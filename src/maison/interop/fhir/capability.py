"""What the house says of itself: CapabilityStatement and SMART configuration, from the declarations."""

from __future__ import annotations

from typing import Any

from maison.formats.fhir.wire import MEDIA_TYPE

from .registry import Declared, declared

SMART = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
PUBLISHED = "2026-11-25"
STORED_MORE = {
    "versioning": "versioned-update", "readHistory": True, "updateCreate": True, "conditionalCreate": True,
    "conditionalRead": "full-support", "conditionalUpdate": True, "conditionalDelete": "single",
}  # fmt: skip


def token_address(base: str) -> str:
    return f"{base}/auth/token"


def statement(base: str) -> dict[str, Any]:
    resources = [_resource(one, base) for _, one in sorted(declared().items())]
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": PUBLISHED,
        "kind": "instance",
        "software": {"name": "Maison e-santé"},
        "implementation": {"description": "Façade FHIR de la maison e-santé", "url": base},
        "fhirVersion": "4.0.1",
        "format": [MEDIA_TYPE, "json"],
        "patchFormat": ["application/json-patch+json", MEDIA_TYPE],
        "rest": [
            {
                "mode": "server",
                "security": {
                    "extension": [{"url": SMART, "extension": [{"url": "token", "valueUri": token_address(base)}]}],
                    "service": [
                        {
                            "coding": [
                                {
                                    "system": "http://terminology.hl7.org/CodeSystem/restful-security-service",
                                    "code": "SMART-on-FHIR",
                                }
                            ]
                        }
                    ],
                    "description": "SMART Backend Services (private_key_jwt) pour les logiciels, jeton Pro Santé Connect pour les professionnels.",
                },
                "resource": resources,
                "interaction": [{"code": code} for code in ("transaction", "batch", "history-system")],
                "operation": [
                    {"name": "validate", "definition": "http://hl7.org/fhir/OperationDefinition/Resource-validate"}
                ],
            }
        ],
    }


def _resource(one: Declared, base: str) -> dict[str, Any]:
    found: dict[str, Any] = {"type": one.type, "documentation": one.label}
    if one.required_profile:
        found["profile"] = one.required_profile
    if one.profiles:
        found["supportedProfile"] = list(one.profiles)
    found["interaction"] = [{"code": code} for code in sorted(one.interactions)]
    if one.is_stored and "create" in one.interactions:
        found |= STORED_MORE
    else:
        found["versioning"] = "no-version"
    references = [item.name for item in one.parameters.values() if item.kind == "reference"]
    if references:
        found["searchInclude"] = [f"{one.type}:{name}" for name in references]
    back = [f"{other.type}:{item.name}" for other in declared().values() for item in other.parameters.values()
            if item.kind == "reference" and one.type in item.targets]  # fmt: skip
    if back:
        found["searchRevInclude"] = sorted(back)
    found["searchParam"] = [
        {"name": "_id", "type": "token"},
        *([{"name": "_lastUpdated", "type": "date"}] if one.backing.updated else []),
        *({"name": item.name, "type": item.kind, **({"documentation": item.documentation} if item.documentation else {})}
          for item in one.parameters.values()),
    ]  # fmt: skip
    if one.capability is not None:
        found |= one.capability(base)
    return found


def smart_configuration(base: str) -> dict[str, Any]:
    return {
        "token_endpoint": token_address(base),
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS384", "ES384"],
        "scopes_supported": ["system/*.cruds", "system/*.rs"],
        "capabilities": ["client-confidential-asymmetric", "permission-v1", "permission-v2"],
    }
