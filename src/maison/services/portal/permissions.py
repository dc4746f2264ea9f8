from maison.foundations.access import Permission


class P:
    APPROVE_ACCESS = Permission(
        "portal.approve_access", "Approuver, pour un service, les accès qui ouvrent des données de santé"
    )
    KEEP_CATALOGUE = Permission("portal.keep_catalogue", "Tenir le catalogue des services, au sein de l'agence")
