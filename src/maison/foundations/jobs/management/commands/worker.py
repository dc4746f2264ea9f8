from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from maison.foundations.jobs.worker import Worker


class Command(BaseCommand):
    help = "Fait les travaux de fond : file de travaux, délais, scellement des traces, intégration des messages."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        sys.exit(Worker().run())
