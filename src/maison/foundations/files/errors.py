from maison.foundations.errors import BusinessError


class FileTooLarge(BusinessError):
    code, status = "FIL-001", 413
    message = "Ce fichier est trop volumineux."


class FileKindRefused(BusinessError):
    code, status = "FIL-002", 415
    message = "Ce type de fichier n'est pas accepté ici."


class FileNameMisleading(BusinessError):
    code, status = "FIL-003", 415
    message = "Le contenu de ce fichier n'est pas celui qu'annonce son nom. Vérifiez le fichier, puis recommencez."


class FileEmpty(BusinessError):
    code, status = "FIL-004", 422
    message = "Ce fichier est vide."


class FileUnreadable(BusinessError):
    """The stored bytes are missing, cut or changed: the seal of the encryption does not hold."""

    code, status = "FIL-005", 503
    message = "Ce fichier ne peut pas être lu pour le moment. Le support est prévenu."


class FileAlreadyWithdrawn(BusinessError):
    code, status = "FIL-006", 409
    message = "Ce fichier est déjà retiré."


class FilePurposeUnknown(BusinessError):
    code, status = "FIL-007", 422
    message = "Cet usage de fichier n'existe pas."


class FilePlaceUnavailable(BusinessError):
    """The store of files does not answer, or refuses the house: nothing was kept. The log says which, never a name."""

    code, status = "FIL-008", 503
    message = "Les fichiers ne peuvent être ni rangés ni lus pour le moment. Réessayez ; rien n'a été perdu."
