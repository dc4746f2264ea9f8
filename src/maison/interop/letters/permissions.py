from maison.foundations.access.registry import Permission


class P:
    FOLLOW = Permission("letters.follow", "Suivre les courriers : leurs trajets, sans identité ni contenu")
    READ = Permission("letters.read", "Lire l'identité et le contenu d'un courrier", health=True)
    ADDRESS = Permission("letters.give_address", "Donner l'adresse MSSanté d'un destinataire")
