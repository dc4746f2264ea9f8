from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from maison.foundations.access.actor import Actor
from maison.registries.terminology import house
from maison.registries.terminology.loading import load_all


class Command(BaseCommand):
    help = "Met à jour les nomenclatures livrées avec la maison."

    def handle(self, *args: Any, **options: Any) -> None:
        count = load_all(Actor.system("terminology"), house.tables())
        self.stdout.write(f"Nomenclatures de la maison : {count}.")
