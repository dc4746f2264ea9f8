from maison.foundations.access.registry import Permission


class P:
    VIEW_CENSUS = Permission("stays.view_census", "Voir le nombre de patients présents par unité")
    VIEW_STAYS = Permission("stays.view_stays", "Voir les venues et les patients de son établissement", health=True)
