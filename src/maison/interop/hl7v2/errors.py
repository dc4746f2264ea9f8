from maison.foundations.errors import BusinessError


class UnknownTarget(BusinessError):
    code, status = "MLL-001", 404
    message = "Cette cible HL7v2 n'est pas déclarée."


class ClearTarget(BusinessError):
    """X-06: health data does not cross a network in clear."""

    code, status = "MLL-004", 422
    message = "En production, une cible hors de cette machine se joint en TLS."


class CodeTaken(BusinessError):
    code, status = "MLL-005", 409
    message = "Ce code est déjà celui d'un autre logiciel ou d'une autre cible."


class NotForTarget(BusinessError):
    code, status = "MLL-003", 422
    message = "Cette cible n'est pas déclarée pour recevoir ce type de message."


class InsNotQualified(BusinessError):
    """INS-02, HUB-09: an INS leaves the house under a qualified identity only."""

    code, status = "MLL-002", 422
    message = "Ce message porte une INS alors que son identité n'est pas validée : il ne part pas ainsi."
