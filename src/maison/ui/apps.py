from __future__ import annotations

from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "maison.ui"
    label = "ui"
    verbose_name = "Présentation"
