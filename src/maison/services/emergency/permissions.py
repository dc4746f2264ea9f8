from maison.foundations.access.registry import Permission


class P:
    VIEW_BOARD = Permission("emergency.view_board", "Voir le tableau des urgences de son service", health=True)
    CONFIRM_ARRIVALS = Permission("emergency.confirm_arrivals", "Confirmer les arrivées annoncées", health=True)
    VIEW_CASES = Permission("emergency.view_cases", "Voir les dossiers de régulation de son SAMU", health=True)
    MANAGE_CASES = Permission(
        "emergency.manage_cases", "Ouvrir, orienter et compléter un dossier de régulation", health=True
    )
    VIEW_MISSIONS = Permission("emergency.view_missions", "Voir les dossiers où son équipe est engagée", health=True)
