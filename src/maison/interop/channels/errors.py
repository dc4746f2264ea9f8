from maison.foundations.errors import BusinessError


class ConfigurationRefused(BusinessError):
    code, status = "CAN-001", 422
    message = "Cette version du canal ne peut pas être enregistrée."


class VersionFrozen(BusinessError):
    code, status = "CAN-002", 409
    message = "Cette version attend son approbation ou a déjà servi : reprenez-la en brouillon pour la changer."


class NotReady(BusinessError):
    code, status = "CAN-003", 409
    message = "Cette version n'est pas prête à être approuvée."


class SamePerson(BusinessError):
    code, status = "CAN-004", 409
    message = "Une version s'approuve à deux : demandez à une personne qui n'a pas écrit celle-ci."


class NothingToRestore(BusinessError):
    code, status = "CAN-005", 409
    message = "Seule une version qui a déjà été en service peut être rétablie."


class ChannelExists(BusinessError):
    code, status = "CAN-006", 409
    message = "Un canal porte déjà ce code."


class TableRefused(BusinessError):
    code, status = "CAN-007", 422
    message = "Cette table de correspondance ne peut pas être enregistrée."


class TestsFail(BusinessError):
    __test__ = False
    code, status = "CAN-008", 409
    message = "Les essais de cette table ne passent pas : corrigez la table ou l'essai."


class NothingToMend(BusinessError):
    code, status = "CAN-009", 409
    message = "Ce message n'attend plus de réparation."


class ReasonNeeded(BusinessError):
    code, status = "CAN-010", 422
    message = "Indiquez pourquoi."


class NotInService(BusinessError):
    code, status = "CAN-011", 409
    message = "Ce canal n'a pas de version en service."


class PayloadGone(BusinessError):
    code, status = "CAN-012", 410
    message = "Le contenu de ce message n'est plus conservé."


class CertificateUnreadable(BusinessError):
    code, status = "CAN-013", 422
    message = "Ce certificat ne se lit pas : collez le fichier PEM en entier, de BEGIN CERTIFICATE à END CERTIFICATE."


class NotItsCertificate(BusinessError):
    code, status = "CAN-014", 409
    message = "Ce certificat n'est pas celui que le logiciel présente : son empreinte est différente."
