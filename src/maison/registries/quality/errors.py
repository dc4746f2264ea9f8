from maison.foundations.errors import BusinessError


class AnomalyEnded(BusinessError):
    code, status = "QLT-001", 409
    message = "Cette anomalie est déjà terminée."


class AlreadySignalled(BusinessError):
    code, status = "QLT-002", 409
    message = "Vous avez déjà signalé cette erreur ; elle est en cours d'examen."
