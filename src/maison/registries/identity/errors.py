from maison.foundations.errors import BusinessError


class SearchFirst(BusinessError):
    """INS-08: creation is offered only after a search, and for what was searched."""

    code, status = "IDN-001", 409
    message = "Recherchez d'abord ce patient : la création n'est possible qu'après une recherche récente sur la même identité."


class TooVague(BusinessError):
    code, status = "IDN-002", 422
    message = (
        "Cherchez par date de naissance et trois lettres du nom ou du prénom, par IPP, ou par matricule INS complet."
    )


class TraitsLocked(BusinessError):
    """INS-06."""

    code, status = "IDN-003", 409
    message = (
        "Les traits stricts d'une identité récupérée, validée ou qualifiée ne se corrigent pas : "
        "invalidez-la d'abord, avec un motif."
    )


class NotForInsi(BusinessError):
    """INS-03, INS-07."""

    code, status = "IDN-004", 409
    message = "INSi ne peut pas être interrogé pour cette identité."


class AnswerNotUsable(BusinessError):
    """INS-04: only one answer, of this identity, that is still fresh, may be taken."""

    code, status = "IDN-005", 409
    message = "Cette réponse d'INSi ne peut pas être reprise."


class DocumentNotEnough(BusinessError):
    code, status = "IDN-006", 422
    message = "Cette pièce ne suffit pas à valider une identité."


class TraitsDiffer(BusinessError):
    code, status = "IDN-007", 409
    message = "Les traits ne sont pas ceux de la pièce présentée : corrigez-les avant de valider."


class ReasonNeeded(BusinessError):
    code, status = "IDN-008", 422
    message = "Un motif est nécessaire."


class NotMergeable(BusinessError):
    code, status = "IDN-009", 409
    message = "Ces deux identités ne peuvent pas être fusionnées."


class SecondPersonNeeded(BusinessError):
    """Annex A: two people when both identities are qualified."""

    code, status = "IDN-010", 409
    message = (
        "Les deux identités sont qualifiées : une seconde personne de l'identitovigilance doit confirmer la décision."
    )


class NotLinkable(BusinessError):
    code, status = "IDN-011", 409
    message = "Ces deux identités ne peuvent pas être rapprochées."


class AlreadyDecided(BusinessError):
    code, status = "IDN-012", 409
    message = "Cette décision est déjà prise. Relisez la page avant de recommencer."


class OtherWorld(BusinessError):
    """X-07: test identities never enter production, nor production ones a test house."""

    code, status = "IDN-013", 422
    message = "Ce matricule INS n'est pas de cet environnement (test ou production) : il n'est pas accepté."


class NoDomain(BusinessError):
    code, status = "IDN-014", 422
    message = "Aucun établissement de votre situation n'enregistre de patients ici."


class IdentityClosed(BusinessError):
    code, status = "IDN-015", 409
    message = "Cette identité est fusionnée dans une autre : agissez sur celle qui reste, ou annulez la fusion."


class InsiUnavailable(BusinessError):
    """Never shown to whoever cares for the patient as a barrier: the identity stays as it is, and care goes on."""

    code, status = "IDN-016", 503
    message = "INSi ne répond pas. L'identité reste comme elle est et la prise en charge continue."
