from maison.foundations.access.registry import Permission
from maison.interop.exchanges.permissions import P as Exchanges


class P:
    VIEW = Permission("interop.view_channels", "Voir les canaux d'échange et la carte des flux")
    EDIT = Permission("interop.edit_channels", "Écrire et essayer les canaux d'échange")
    APPROVE = Permission("interop.approve_channels", "Approuver, suspendre et rétablir les canaux d'échange")
    TABLES = Permission("interop.steward_tables", "Tenir et approuver les tables de correspondance")
    ADMISSIONS = Permission("interop.mend_admissions", "Réparer les messages arrêtés faute d'identité complète")
    IDENTITY = Permission("interop.mend_identity", "Réparer les messages arrêtés pour une identité à vérifier")
    ADDRESSES = Permission("interop.mend_addresses", "Réparer les courriers dont le destinataire n'est pas joignable")
    CODES = Permission("interop.mend_codes", "Réparer les messages arrêtés par un code inconnu")
    MEND = Exchanges.MEND
    READ_PAYLOAD = Exchanges.READ_PAYLOAD
