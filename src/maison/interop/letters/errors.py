from maison.foundations.errors import BusinessError


class AddressRefused(BusinessError):
    code, status = "LET-001", 422
    message = "Cette adresse n'est pas dans l'espace de confiance MSSanté : vérifiez-la dans l'annuaire santé."


class NothingWaits(BusinessError):
    code, status = "LET-002", 409
    message = "Ce courrier n'attend pas d'adresse : rechargez la page."


class LetterUnreadable(BusinessError):
    code, status = "LET-003", 409
    message = "Le document de ce courrier ne se lit pas ou n'est plus conservé."
