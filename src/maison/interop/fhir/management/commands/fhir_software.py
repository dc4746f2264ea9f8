from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from maison.foundations.access.actor import Actor
from maison.foundations.errors import BusinessError
from maison.interop.fhir import tokens


class Command(BaseCommand):
    help = "Inscrit un logiciel à la façade FHIR : ses clés publiques (JWKS) et ce qu'il pourra demander."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("client_id", help="identifiant du logiciel, déjà déclaré dans le journal des échanges")
        parser.add_argument("--jwks", required=True, metavar="FICHIER", help="clés publiques, au format JWKS")
        parser.add_argument("--scope", required=True, action="append", help="system/Type.cruds ; peut se répéter")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            keys = json.loads(Path(options["jwks"]).read_text(encoding="utf-8"))["keys"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CommandError(
                "Le fichier JWKS n'est pas lisible : un objet avec une liste « keys » est attendu."
            ) from error
        try:
            software = tokens.register(actor=Actor.system("fhir_software"), client_id=options["client_id"], keys=keys,
                                       scopes=options["scope"])  # fmt: skip
        except BusinessError as refused:
            raise CommandError(refused.text) from refused
        self.stdout.write(f"{software.client.name} : {len(software.keys)} clé(s), {' '.join(software.scopes)}")
