from maison.foundations.errors import BusinessError


class TooManyChecks(BusinessError):
    code, status = "CNF-001", 429
    message = "Trop de vérifications en une minute. Attendez un instant, puis reprenez."


class ReportNotReadable(BusinessError):
    """An export whose signature is not that of the house, or of an earlier key."""

    code, status = "CNF-002", 409
    message = "Ce rapport ne peut plus être exporté. Vérifiez de nouveau l'exemple, puis exportez."
