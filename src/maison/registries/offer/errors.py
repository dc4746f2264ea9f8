from maison.foundations.errors import BusinessError


class MoveNotPossible(BusinessError):
    code, status = "OFF-001", 409
    message = "Cette offre n'est pas dans un état qui permet cette étape. Relisez-la avant de recommencer."


class OfferIncomplete(BusinessError):
    code, status = "OFF-002", 422
    message = "Il manque des rubriques obligatoires à cette offre."


class SiteClosed(BusinessError):
    code, status = "OFF-003", 409
    message = "L'établissement est fermé dans FINESS : son offre ne peut pas être publiée. Proposez sa fermeture."


class ReasonMissing(BusinessError):
    code, status = "OFF-004", 422
    message = "Indiquez le motif : celui qui attend la réponse doit pouvoir agir."


class VersionPending(BusinessError):
    code, status = "OFF-005", 409
    message = "Une modification de cette offre attend déjà le contrôle du gestionnaire régional."


class NegativeCapacity(BusinessError):
    code, status = "OFF-010", 422
    message = "Un nombre de lits ne peut pas être négatif. Laissez vide ce qui n'est pas connu."


class FutureFigure(BusinessError):
    code, status = "OFF-011", 422
    message = "L'heure de ces chiffres est dans le futur : vérifiez l'horloge du logiciel qui les envoie."


class AvailableBeyondInstalled(BusinessError):
    code, status = "OFF-012", 422
    message = "Il ne peut pas y avoir plus de lits disponibles que de lits installés et ouverts."


class SumBeyondInstalled(BusinessError):
    code, status = "OFF-013", 422
    message = "Occupés, réservés, disponibles et fermés dépassent ensemble les lits installés et supplémentaires."


class UnknownStatus(BusinessError):
    code, status = "OFF-014", 422
    message = "Ce statut ou cette nature de capacité n'existe pas dans les tables J187 et J188 du ROR."


class OfferClosed(BusinessError):
    code, status = "OFF-015", 409
    message = "Cette unité est fermée : ses lits ne se comptent plus."


class ClosedBeyondInstalled(BusinessError):
    code, status = "OFF-016", 422
    message = "Il ne peut pas y avoir plus de lits fermés que de lits installés et supplémentaires."


class NothingSaid(BusinessError):
    code, status = "OFF-017", 422
    message = "Aucun nombre n'est donné : choisissez-en un."


class NoFreeBed(BusinessError):
    code, status = "OFF-020", 409
    message = "Tous les lits libres de cette unité sont déjà promis ou occupés. Choisissez une autre unité ou appelez sa ligne directe."


class FigureTooOld(BusinessError):
    code, status = "OFF-021", 409
    message = "Le nombre de lits de cette unité n'est plus à jour : aucun lit ne peut être promis. Appelez sa ligne directe et notez sa réponse."


class PromiseEnded(BusinessError):
    code, status = "OFF-022", 409
    message = "Cette demande de lit est terminée."


class NotYourOwn(BusinessError):
    code, status = "OFF-023", 409
    message = "Vous ne pouvez pas approuver votre propre demande : une autre personne le fait."


class AlreadyAsked(BusinessError):
    code, status = "OFF-024", 409
    message = "Votre structure a déjà une demande en cours dans cette unité. Suivez-la, ou libérez-la d'abord."


class WhitePlanUnchanged(BusinessError):
    code, status = "OFF-030", 409
    message = "Le plan blanc de cet établissement est déjà dans cet état."
