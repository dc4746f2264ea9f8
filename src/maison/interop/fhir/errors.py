"""What the façade refuses, with the IssueType of each refusal. `Refusal.issue` is what an OperationOutcome says."""

from __future__ import annotations

from typing import ClassVar

from maison.formats.fhir.faults import Fault
from maison.foundations.errors import BusinessError


class Refusal(BusinessError):
    issue: ClassVar[str] = "processing"

    def __init__(self, detail: str = "", *, faults: tuple[Fault, ...] = (), **context: object) -> None:
        self.faults = faults
        super().__init__(detail, **context)


class NotAuthenticated(Refusal):
    code, status, issue = "FHR-001", 401, "login"
    message = "Cette porte s'ouvre avec un jeton d'accès (Authorization: Bearer …)."


class ScopeMissing(Refusal):
    code, status, issue = "FHR-002", 403, "forbidden"
    message = "Le jeton présenté ne permet pas cette interaction."


class NoLink(Refusal):
    code, status, issue = "FHR-003", 403, "forbidden"
    message = "Votre structure n'a pas de lien avec cette ressource."


class Unreadable(Refusal):
    code, status, issue = "FHR-004", 400, "structure"
    message = "La requête n'est pas lisible."


class NotConform(Refusal):
    code, status, issue = "FHR-005", 422, "invalid"
    message = "La ressource n'est pas conforme."


class NoSuchResource(Refusal):
    code, status, issue = "FHR-006", 404, "not-found"
    message = "Cette ressource n'existe pas, ou vous n'y avez pas accès."


class Gone(Refusal):
    code, status, issue = "FHR-007", 410, "deleted"
    message = "Cette ressource a été supprimée ; son historique reste lisible."


class VersionConflict(Refusal):
    code, status, issue = "FHR-008", 412, "conflict"
    message = "La ressource a changé depuis la version citée. Relisez-la avant de recommencer."


class SeveralMatches(Refusal):
    code, status, issue = "FHR-009", 412, "multiple-matches"
    message = "Plusieurs ressources répondent au critère : l'interaction conditionnelle n'a pas été faite."


class UnknownType(Refusal):
    code, status, issue = "FHR-010", 404, "not-supported"
    message = "Ce type de ressource n'est pas servi par la maison."


class NotServed(Refusal):
    code, status, issue = "FHR-011", 405, "not-supported"
    message = "Cette interaction n'est pas servie pour ce type de ressource."


class UnknownParameter(Refusal):
    code, status, issue = "FHR-012", 400, "not-supported"
    message = "Ce paramètre de recherche n'est pas servi."


class BadSearch(Refusal):
    code, status, issue = "FHR-013", 400, "value"
    message = "La recherche n'est pas lisible."


class BadCursor(Refusal):
    code, status, issue = "FHR-014", 400, "value"
    message = "Ce lien de page n'est pas, ou plus, valable. Recommencez la recherche."


class PatchRefused(Refusal):
    code, status, issue = "FHR-015", 422, "processing"
    message = "Le patch ne s'applique pas à la ressource."


class UnknownFormat(Refusal):
    code, status, issue = "FHR-016", 406, "not-supported"
    message = "La maison répond en JSON (application/fhir+json) seulement."


class UnknownContent(Refusal):
    code, status, issue = "FHR-017", 415, "not-supported"
    message = "Le contenu doit être du JSON (application/fhir+json)."


class TooLarge(Refusal):
    code, status, issue = "FHR-018", 413, "too-long"
    message = "Le contenu dépasse la taille admise."


class IdConflict(Refusal):
    code, status, issue = "FHR-019", 400, "invalid"
    message = "L'identifiant ou le type de la ressource n'est pas celui de l'adresse."


class BadBundle(Refusal):
    code, status, issue = "FHR-020", 400, "invalid"
    message = "Le lot n'est pas exécutable."


class ReferenceMissing(Refusal):
    code, status, issue = "FHR-021", 422, "not-found"
    message = "Une référence ne désigne aucune ressource, ou en désigne plusieurs."


class NotYours(Refusal):
    code, status, issue = "FHR-022", 403, "forbidden"
    message = "Cet identifiant est déjà pris, ou la ressource appartient à une autre structure."


class TokenRefused(Refusal):
    """The token endpoint answers in the words of OAuth 2.0: `detail` is then the OAuth error."""

    code, status, issue = "FHR-023", 400, "security"
    message = "La demande de jeton est refusée."


class TestIdentity(Refusal):
    code, status, issue = "FHR-024", 422, "business-rule"
    message = "Un identifiant INS de test n'est pas admis en production."


class NotQualified(Refusal):
    code, status, issue = "FHR-025", 422, "business-rule"
    message = "Un matricule INS ne circule qu'avec une identité qualifiée (VALI)."


class Unavailable(Refusal):
    code, status, issue = "FHR-026", 503, "transient"
    message = "Le service est momentanément indisponible. Recommencez dans quelques secondes."


class RegistrationRefused(Refusal):
    code, status, issue = "FHR-027", 422, "value"
    message = "L'inscription de ce logiciel n'est pas complète."


class TooManyFailures(Refusal):
    code, status, issue = "FHR-028", 429, "throttled"
    message = "Trop de jetons refusés depuis cette adresse. Recommencez dans une minute."


class SoftwareOnly(Refusal):
    code, status, issue = "FHR-040", 403, "forbidden"
    message = "Cette interaction demande le jeton d'un logiciel."


class TooManySubscriptions(Refusal):
    code, status, issue = "FHR-041", 409, "business-rule"
    message = "Ce logiciel a déjà le nombre d'abonnements admis. Supprimez-en un."


class BaseRefused(Refusal):
    """A statement the base refuses: a defect of the house, that supervision shows. Nothing was kept."""

    code, status, issue = "FHR-042", 500, "exception"
    message = "La demande n'a pas pu être traitée, et rien n'a été enregistré. L'incident est signalé à l'exploitant."


class Full(Unavailable):
    code, status, issue = "FHR-043", 503, "throttled"
    message = (
        "Trop de demandes attendent leur tour ; la vôtre n'a pas été commencée. Recommencez dans quelques secondes."
    )
