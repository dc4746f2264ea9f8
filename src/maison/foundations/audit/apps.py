from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "maison.foundations.audit"
    label = "audit"
    verbose_name = "Traces"
