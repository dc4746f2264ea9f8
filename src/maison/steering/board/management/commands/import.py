from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from maison.foundations.access.actor import Actor
from maison.foundations.imports import ImportRefused, import_kinds


class Command(BaseCommand):
    help = "Charge un référentiel officiel dans la maison."

    def add_arguments(self, parser: ArgumentParser) -> None:
        kinds = parser.add_subparsers(dest="kind", required=True, metavar="référentiel")
        for kind in import_kinds().values():
            kind.arguments(kinds.add_parser(kind.name, help=kind.help))

    def handle(self, *args: Any, **options: Any) -> None:
        kind = import_kinds()[options["kind"]]
        try:
            kind.run(Actor.system("import"), Namespace(**options), self.stdout.write)
        except ImportRefused as refused:
            raise CommandError(str(refused)) from refused
