from maison.foundations.errors import BusinessError


class FileRefused(BusinessError):
    """The file as a whole cannot be read: nothing was written."""

    code, status = "SRC-001", 422
    message = "Ce fichier ne peut pas être chargé."


class TooMuchGone(BusinessError):
    """F2.1: the file lost more rows than a publisher removes between two files."""

    code, status = "SRC-002", 409
    message = "Chargement abandonné : trop de lignes ont disparu. La dernière version reste en service."


class LoadingRunning(BusinessError):
    code, status = "SRC-003", 409
    message = "Un chargement de cette source est déjà en cours. Attendez sa fin, ou deux minutes s'il a été interrompu."


class OlderThanServed(BusinessError):
    code, status = "SRC-004", 409
    message = "Ce fichier est plus ancien que celui qui est en service. Prenez le dernier publié."
