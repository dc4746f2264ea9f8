from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from maison.foundations.audit import chain
from maison.foundations.audit.models import Entry, Seal


class Command(BaseCommand):
    help = "Scelle les traces (seal) ou vérifie toute la chaîne (verify)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["seal", "verify"])

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "seal":
            self.stdout.write(f"{chain.seal()} trace(s) scellée(s).")
            return
        faults = list(chain.verify())
        for fault in faults:
            about = f" Trace {fault.entry_id}." if fault.entry_id else ""
            self.stdout.write(f"Scellé {fault.seal} : {fault.text}{about}")
        if faults:
            raise CommandError(f"{len(faults)} anomalie(s) dans la chaîne des traces.")
        self.stdout.write(f"Chaîne intacte : {Seal.objects.count()} scellé(s), {Entry.objects.count()} trace(s).")
