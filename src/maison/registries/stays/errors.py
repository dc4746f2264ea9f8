from maison.foundations.errors import BusinessError


class NoStructure(BusinessError):
    code, status = "STY-001", 422
    message = "Le logiciel qui envoie n'est rattaché à aucun établissement : sa venue ne peut pas être placée."


class NoVisitNumber(BusinessError):
    code, status = "STY-002", 422
    message = "Le mouvement ne dit pas de quelle venue il s'agit (PV1-19)."


class SamePatient(BusinessError):
    code, status = "STY-004", 422
    message = "Le message parle deux fois du même patient : il n'y a rien à lier ni à rattacher."


class OtherPatient(BusinessError):
    """The number of a stay came with another patient: a collision, for a person to judge. Never decided by the house."""

    code, status = "STY-003", 409
    message = (
        "Ce numéro de venue est déjà celui d'un autre patient : à vérifier avec l'identitovigilance de l'établissement."
    )
