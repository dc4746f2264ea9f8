from maison.foundations.access.registry import Permission


class P:
    VIEW = Permission("interop.view_exchanges", "Voir le journal des échanges")
    MEND = Permission("interop.mend", "Réparer ou rejouer un message")
    READ_PAYLOAD = Permission("interop.read_payload", "Lire le contenu d'un message échangé", health=True)
    MANAGE_CLIENTS = Permission("interop.manage_clients", "Déclarer les logiciels qui échangent avec la maison")
