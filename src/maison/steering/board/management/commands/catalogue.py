from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from maison.steering.board import catalogue


class Command(BaseCommand):
    help = "Montre le catalogue de la maison ; --write l'écrit dans docs/catalogue.md."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", action="store_true", help="écrit docs/catalogue.md")

    def handle(self, *args: Any, **options: Any) -> None:
        text = catalogue.page()
        if not options["write"]:
            self.stdout.write(text)
            return
        catalogue.PAGE.write_text(text, encoding="utf-8")
        self.stdout.write(f"{catalogue.PAGE.name} écrit.")
