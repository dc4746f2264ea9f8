from maison.foundations.access.registry import Permission


class P:
    VIEW_LOADINGS = Permission("sources.view_loadings", "Voir les chargements des fichiers officiels")
