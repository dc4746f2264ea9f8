"""CDA R2: what the CI-SIS asks of any document, level 1 or 3."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from lxml import etree

from maison.formats.cda.checks import Checker
from maison.formats.cda.faults import Fault as Found
from maison.formats.cda.model import Document
from maison.formats.cda.reader import UnreadableDocument
from maison.formats.cda.schema import Schema
from maison.formats.cda.xml import parse
from maison.interop.conformance import grading
from maison.interop.conformance.grading import Findings, Sample, unreadable
from maison.interop.conformance.places import XmlPlaces
from maison.interop.conformance.report import Fault, Severity

SOURCE = "ANS CI-SIS, structuration minimale des documents de santé (CDA R2)"
_SOURCES = {
    "CDA-2": "Référentiel INS ; RNIV ; CI-SIS, en-tête CDA",
    "CDA-3": "Jeux de valeurs du NOS (ANS)",
    "CDA-4": "CI-SIS, corps CDA",
    "CDA-5": "CI-SIS, versions et remplacements",
    "CDA-6": "Schéma XML CDA_extended (ANS)",
}
_WHY = {
    "CDA-1": "L’en-tête sert à ranger, chercher et attribuer le document : le DMP et MSSanté le contrôlent.",
    "CDA-2": "L’identité du patient décide du dossier où le document est rangé.",
    "CDA-3": "Un code hors de son jeu de valeurs fait refuser le document au DMP, ou le rend introuvable.",
    "CDA-4": "Ce que le corps porte mal peut ne pas être vu du lecteur.",
    "CDA-5": "Sans un suivi juste des versions, l’ancien document reste affiché à côté du nouveau.",
    "CDA-6": "Un document que le schéma refuse est refusé à l’entrée par le DMP et par bien des logiciels.",
}
_MEND = {
    "CDA-113": "Écrivez 8 suivi des onze chiffres du RPPS, avec sa clé, sous 1.2.250.1.71.4.2.1.",
    "CDA-117": "Mettez la date réelle de création, avec son décalage horaire.",
    "CDA-118": "Donnez au document un titre qui dit sa nature, sans nom ni numéro.",
    "CDA-208": "Vérifiez les treize caractères du matricule et sa clé ; employez une identité de test publiée par l’ANS.",
    "CDA-403": "Rien à corriger si un destinataire s’en sert : la maison garde cet élément sans le lire.",
    "CDA-411": "Produisez le fichier en PDF/A-1.",
    "CDA-504": "Ajoutez relatedDocument (RPLC) avec l’identifiant du document remplacé.",
}
_MEND_GROUP = {
    "CDA-1": "Complétez l’en-tête à cet endroit.",
    "CDA-2": "Corrigez l’identité à cet endroit.",
    "CDA-3": "Prenez un code du jeu de valeurs cité.",
    "CDA-4": "Corrigez le corps à cet endroit.",
    "CDA-5": "Accordez identifiants, setId et numéro de version.",
    "CDA-6": "Accordez cet élément avec le schéma.",
}
_MERE_REMARKS = frozenset({"CDA-403"})
_FICTIONAL = frozenset({"CDA-113", "CDA-208"})
"""Fictional people often bear a number whose key is false, those of the official examples too: some receivers refuse it."""
NOT_PLAYED = "non joué : il n’est pas chargé ici (./maison import schemas-cda)"


def checker(schema: Callable[[], Schema | None]) -> grading.Checker:
    """`schema` is asked at each sample: the XML schema the operator loaded, if any."""

    def checked(sample: Sample) -> Findings:
        return _check(sample, schema())

    return checked


def _check(sample: Sample, schema: Schema | None) -> Findings:
    """A bench has no patient: identities count as qualified, and only fictional ones are taken."""
    try:
        report = Checker(schema=schema).check(
            sample.data, now=datetime.now(UTC), identity_status="QUAL", production=False
        )
    except UnreadableDocument as problem:
        line, column = _stop(sample.data)
        return Findings(faults=[unreadable(problem.message, SOURCE, rule=problem.code, line=line, column=column)])
    places = XmlPlaces(sample.data)
    document = report.document
    return Findings(
        kind=f"{document.code.label or document.code.code} ({document.code.code}), niveau {document.level}",
        version=", ".join(f"{one.root} {one.extension}".strip() for one in document.template_ids[-1:]),
        faults=[_fault(found, places) for found in report.faults],
        understood=[*_understood(document), ("Schéma XML", "joué" if schema else NOT_PLAYED)],
    )


def _stop(data: bytes) -> tuple[int, int]:
    try:
        parse(data)
    except UnreadableDocument as problem:
        cause = problem.__cause__
        if isinstance(cause, etree.XMLSyntaxError):
            return cause.lineno or 0, cause.offset or 0
    return 0, 0


def _understood(document: Document) -> list[tuple[str, str]]:
    device = next((one.who.device for one in document.authors if one.who.device), "")
    return [
        ("Logiciel auteur", device),
        ("Conservé par", document.custodian.name if document.custodian else ""),
        ("Créé le", document.created.raw),
        ("Langue", document.language),
        ("Version du document", str(document.version or "")),
        ("Corps", document.unstructured.media_type if document.unstructured else f"{len(document.sections)} sections"),
        ("Modèles déclarés", str(len(document.template_ids) or "")),
    ]


def _fault(found: Found, places: XmlPlaces) -> Fault:
    group = found.code[:5]
    severity = Severity.ERROR if found.severity == "blocking" else Severity.WARNING
    if found.code in _MERE_REMARKS:
        severity = Severity.REMARK
    elif found.code in _FICTIONAL:
        severity = Severity.WARNING
    line, column = places.of_path(found.place)
    return Fault(
        severity, found.place, found.message, _WHY.get(group, _WHY["CDA-1"]),
        _MEND.get(found.code) or _MEND_GROUP.get(group, _MEND_GROUP["CDA-1"]),
        f"{found.code} {found.official}".strip()[:300], _SOURCES.get(group, SOURCE), line, column,
    )  # fmt: skip
