from maison.foundations.access.permissions import P as Access
from maison.foundations.access.registry import Permission


class P:
    READ = Permission("fhir.read", "Lire des données de santé par la façade FHIR", health=True)
    WRITE = Permission("fhir.write", "Écrire des données de santé par la façade FHIR", health=True)
    VIEW_SUBSCRIPTIONS = Permission("fhir.view_subscriptions", "Voir les abonnements FHIR des logiciels")
    MEND_SUBSCRIPTIONS = Permission("fhir.mend_subscriptions", "Relancer et arrêter les abonnements FHIR")
    READ_TRACES = Access.READ_TRACES
