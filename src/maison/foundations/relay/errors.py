from maison.foundations.errors import BusinessError


class StepNotPossible(BusinessError):
    code, status = "REL-001", 409
    message = "Cette étape n'est plus possible : le relais a déjà avancé."


class RelayEnded(BusinessError):
    code, status = "REL-002", 409
    message = "Ce relais est terminé."
