from maison.foundations.access.registry import Permission


class P:
    VIEW_BEDS = Permission("offer.view_beds", "Voir les lits disponibles de la région")
    VIEW_SENSITIVE = Permission("offer.view_sensitive", "Voir les unités sensibles et les lignes réservées")
    DESCRIBE = Permission("offer.describe", "Décrire les offres de sa structure")
    VALIDATE = Permission("offer.validate", "Contrôler, publier et fermer les offres de la région")
    COUNT_BEDS = Permission("offer.count_beds", "Donner les lits disponibles de son unité")
    NOTE_BEDS = Permission("offer.note_beds", "Noter les lits qu'une unité annonce par téléphone")
    REQUEST_BED = Permission("offer.request_bed", "Demander un lit", health=True)
    ANSWER_REQUESTS = Permission("offer.answer_requests", "Répondre aux demandes de lits de son unité", health=True)
    APPROVE_REQUESTS = Permission("offer.approve_requests", "Approuver les demandes de lits en crise", health=True)
    DECLARE_WHITE_PLAN = Permission(
        "offer.declare_white_plan", "Déclencher et lever le plan blanc de son établissement"
    )
