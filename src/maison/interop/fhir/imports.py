"""`./maison import profiles FILE.tgz|DIR`: definitions of FHIR guides, with what changes shown before it applies."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path

from maison.formats.fhir.wire import UnreadableJson
from maison.foundations.access.actor import Actor
from maison.foundations.imports import ImportKind, ImportRefused

from . import definitions

SHOWN = 20


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "paths", nargs="+", metavar="FICHIER", help="paquet FHIR .tgz, fichier JSON, ou dossier qui en contient"
    )
    parser.add_argument("--dry-run", action="store_true", help="montrer ce qui changerait, sans rien écrire")


def _run(actor: Actor, options: Namespace, say: Callable[[str], None]) -> None:
    for text in options.paths:
        path = Path(text)
        if not path.exists():
            raise ImportRefused(f"{text} n'existe pas.")
        try:
            loading = definitions.load(actor, path, apply=not options.dry_run)
        except (UnreadableJson, OSError) as error:
            raise ImportRefused(f"{text} : {error}") from error
        if not (loading.new or loading.changed or loading.same):
            raise ImportRefused(
                f"{text} ne contient aucune définition FHIR (StructureDefinition, ValueSet, CodeSystem)."
            )
        would = "seraient " if options.dry_run else ""
        say(
            f"{text} : {len(loading.new)} {would}nouvelle(s), {len(loading.changed)} {would}changée(s), {loading.same} inchangée(s)."
        )
        _list(say, "changée", loading.changed)
        _list(say, "profil inutilisable (sans « snapshot » cohérent)", loading.unusable)


def _list(say: Callable[[str], None], word: str, names: list[str]) -> None:
    for name in names[:SHOWN]:
        say(f"  {word} : {name}")
    if len(names) > SHOWN:
        say(f"  … et {len(names) - SHOWN} autre(s)")


PROFILES = ImportKind("profiles", "profils FHIR et jeux de valeurs (guides d'implémentation)", _arguments, _run)
