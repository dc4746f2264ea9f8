from maison.foundations.errors import BusinessError, Forbidden


class LevelUnchanged(BusinessError):
    code, status = "CRI-001", 409
    message = "Ce territoire est déjà à ce niveau."


class TerritoryNotYours(Forbidden):
    code = "CRI-002"
    message = "Vous ne décidez pas du niveau de crise de ce territoire."


class TerritoryUnknown(BusinessError):
    code, status = "CRI-003", 422
    message = "Ce territoire n'est pas dans la région."


class ReasonMissing(BusinessError):
    code, status = "CRI-004", 422
    message = "Indiquez le motif de la décision."
