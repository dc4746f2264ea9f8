"""Samples of our own for the bench: plainly fictional, one for each family."""

from __future__ import annotations

import json
from pathlib import Path

from tests.formats.rpu.samples import file, patient

HL7 = (
    b"MSH|^~\\&|LOGICIEL|ETS|PFI|REGION|20260303140500||ADT^A01^ADT_A01|MSG1|T|2.5^FRA^2.11||||||UNICODE UTF-8|||2.11^IHE_FRANCE-2.11-PAM\r"
    b"EVN||20260303140500\r"
    b"PID|1\r"
)
HUB = json.dumps({"technicalNoreq": {"optionalStringField": 3}}, indent=1).encode()
RPU = file(patient(), patient(SEXE="M", SORTIE="03/03/2026 12:00"))
FHIR = b'{"resourceType": "Patient"}'
PRODUCTION = HL7.replace(b"PID|1\r", b"PID|1||279035121518989^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.8&ISO^INS\r")


def official(shared: Path) -> list[tuple[str, Path, str]]:
    """(set, file, type of a bare Hub Santé body) of each published example."""
    specs = shared / "specs"
    found = []
    for folder in (
        "hub-sante/examples",
        "hub-sante/valid",
        "hub-sante/failing",
        "hl7v2",
        "hl7v2-teleradiologie",
        "cda/examples",
    ):
        for path in sorted((specs / folder).rglob("*")):
            if (
                path.is_file()
                and path.suffix.lower() in {".json", ".xml", ".er7", ".hl7"}
                and path.name != "tables.json"
            ):
                kind = path.parent.name
                bare = kind if kind.startswith("TECHNICAL") and path.suffix == ".json" else ""
                found.append((folder, path, bare))
    return found
