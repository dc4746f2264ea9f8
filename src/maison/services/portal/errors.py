from maison.foundations.errors import BusinessError, Forbidden


class RequestMoveNotPossible(BusinessError):
    """X-04: a state is left only by the moves drawn for it."""

    code, status = "PRT-001", 409
    message = "Cette demande d'accès a déjà avancé."


class RequestAlreadyUnderWay(BusinessError):
    code, status = "PRT-002", 409
    message = "Vous avez déjà une demande en cours pour ce service. Suivez-la depuis vos demandes d'accès."


class AlreadyEntitled(BusinessError):
    code, status = "PRT-003", 409
    message = "Ce service vous est déjà ouvert."


class NotRequestable(BusinessError):
    """The service is not open yet, opens to everyone, or does not offer this role."""

    code, status = "PRT-004", 409
    message = "L'accès à ce service ne se demande pas ici."


class NoStructure(BusinessError):
    code, status = "PRT-005", 409
    message = (
        "Une demande d'accès se fait au titre d'une structure, et votre situation actuelle n'en a pas dans la maison. "
        "Changez de situation, ou demandez à votre employeur de rejoindre la maison."
    )


class NoAdministrator(BusinessError):
    code, status = "PRT-006", 409
    message = (
        "Votre structure n'a pas encore d'administrateur des habilitations : personne ne pourrait répondre à votre "
        "demande. Demandez à votre direction d'en désigner un."
    )


class NoServiceOwner(BusinessError):
    """Health data need the service owner's word, and nobody answers for this service."""

    code, status = "PRT-007", 409
    message = "Personne ne répond encore de ce service : l'accès ne peut pas être approuvé."


class OwnRequest(Forbidden):
    """Four eyes: nobody decides on his own request (PASS-05)."""

    code = "PRT-008"
    message = "Vous ne pouvez pas décider de votre propre demande. Une autre personne habilitée doit le faire."


class StrongerSignInNeeded(Forbidden):
    code = "PRT-009"
    message = "Ce service demande une connexion par Pro Santé Connect. Reconnectez-vous ainsi pour l'ouvrir."


class ServiceNotReady(BusinessError):
    code, status = "PRT-010", 409
    message = "Ce service n'est pas ouvert pour le moment."


class NotTheAgency(Forbidden):
    """The permission is held, in a structure that is not the regional agency."""

    code = "PRT-011"
    message = (
        "Le catalogue est tenu par l'agence régionale : cette habilitation n'y suffit pas dans une autre structure."
    )


class CodeTaken(BusinessError):
    code, status = "PRT-012", 409
    message = "Un service porte déjà ce code, peut-être retiré. Choisissez-en un autre, ou reprenez ce service."


class ServiceChangedMeanwhile(BusinessError):
    """Two people kept one service: the second has not seen what the first wrote."""

    code, status = "PRT-013", 409
    message = "Ce service a été modifié entre-temps. Relisez-le avant de recommencer ; rien n'a été enregistré."


class NothingToUndo(BusinessError):
    code, status = "PRT-014", 409
    message = "Le service est déjà dans cet état."


class PscAlwaysNeeded(BusinessError):
    """X-01: nobody may ease the door of health data, the agency included."""

    code, status = "PRT-015", 409
    message = "Ce service ouvre des données de santé : Pro Santé Connect y est toujours exigé. Cochez la case."
