from maison.foundations.access.registry import Permission


class P:
    READ = Permission("fhir.read", "Lire des données de santé par la façade FHIR", health=True)
    WRITE = Permission("fhir.write", "Écrire des données de santé par la façade FHIR", health=True)
