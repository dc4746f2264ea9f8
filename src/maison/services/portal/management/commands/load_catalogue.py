from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from maison.services.portal.actions import load_catalogue


class Command(BaseCommand):
    help = "Met à jour le catalogue des services livré avec la maison."

    def handle(self, *args: Any, **options: Any) -> None:
        loaded = load_catalogue()
        self.stdout.write(
            f"Catalogue : {loaded.created} ajoutés, {loaded.changed} mis à jour, {loaded.withdrawn} retirés."
        )
