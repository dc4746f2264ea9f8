from maison.foundations.errors import BusinessError


class NotExpectedHere(BusinessError):
    code, status = "EMG-001", 409
    message = "Ce patient n'est plus attendu dans ce service."


class ConfirmFirst(BusinessError):
    code, status = "EMG-003", 409
    message = "Confirmez d'abord que vous avez vu cette annonce."


class CaseClosed(BusinessError):
    code, status = "EMG-004", 409
    message = "Ce dossier est clos : il ne se modifie plus. Ouvrez un nouveau dossier lié."


class UnknownDestination(BusinessError):
    code, status = "EMG-006", 422
    message = "Choisissez un service receveur ouvert de la région."


class WrongTransition(BusinessError):
    code, status = "EMG-007", 409
    message = "Le dossier ne peut pas passer à cet état maintenant."
