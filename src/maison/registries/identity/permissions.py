from maison.foundations.access.registry import Permission


class P:
    VIEW = Permission("identity.view", "Rechercher et lire l'identité des patients de son établissement", health=True)
    REGISTER = Permission(
        "identity.register", "Enregistrer un patient et corriger son identité provisoire", health=True
    )
    CALL_INSI = Permission("identity.call_insi", "Interroger le téléservice INSi", health=True)
    CHECK = Permission("identity.check", "Contrôler une pièce d'identité et valider", health=True)
    WORK = Permission("identity.work", "Voir les identités à traiter et les paires à décider", health=True)
    STEWARD = Permission("identity.steward", "Tenir les identités : attributs, fusions, invalidations", health=True)
    REGION = Permission("identity.region", "Rapprocher les identités de la région", health=True)
