from maison.foundations.errors import BusinessError


class NotReplayable(BusinessError):
    code, status = "EXC-001", 409
    message = "Ce message ne se rejoue pas : seuls les messages reçus refusés ou en attente se rejouent."


class PayloadGone(BusinessError):
    code, status = "EXC-002", 410
    message = "Le contenu de ce message n'est plus conservé, seul son en-tête l'est."


class PayloadUnsealable(BusinessError):
    """The key that sealed it is not among the keys of the settings, or the bytes were changed outside the house."""

    code, status = "EXC-003", 500
    message = "Le contenu de ce message ne peut pas être ouvert avec les clés de la maison. Prévenez l'exploitant."


class WeakKey(BusinessError):
    code, status = "EXC-004", 422
    message = "La clé d'un logiciel compte au moins 32 caractères tirés au hasard."


class ReasonNeeded(BusinessError):
    code, status = "EXC-005", 422
    message = "Indiquez pourquoi ce message est classé sans suite."


class NothingToMend(BusinessError):
    code, status = "EXC-006", 409
    message = "Ce message n'attend plus de réparation."
