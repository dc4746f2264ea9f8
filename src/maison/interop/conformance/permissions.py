from maison.foundations.access.registry import Permission


class P:
    CHECK = Permission("interop.check_conformance", "Vérifier la conformité d'un exemple de message")
