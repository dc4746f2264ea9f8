"""What a registry refuses, in words a person can act upon. Source: IHE ITI TF-3, table 4.2.4.1-2; others are said by their code."""

from __future__ import annotations

from maison.formats.xds.soap import Answer

LATER = frozenset({"XDSRegistryBusy", "XDSRepositoryBusy", "XDSRegistryOutOfResources", "XDSRepositoryOutOfResources",
                   "XDSRegistryNotAvailable", "XDSUnavailableCommunity"})  # fmt: skip
ALREADY = "XDSDuplicateUniqueIdInRegistry"
WORDS = {
    ALREADY: "Le DMP a déjà ce document, reçu d'un autre que la maison : vérifiez lequel fait foi.",
    "XDSNonIdenticalHash": "Le DMP a déjà, sous cet identifiant, un document au contenu différent : l'établissement doit donner un autre identifiant.",
    "XDSUnknownPatientId": "Cette personne n'a pas de DMP ouvert (opposition ou fermeture) : remettez-lui le document autrement.",
    "XDSPatientIdDoesNotMatch": "L'identité du document n'est pas celle du dossier demandé : vérifiez l'identité dans l'établissement.",
    "XDSReplaceFailed": "Le document à remplacer n'est pas dans le DMP, ou n'y est plus la version courante.",
    "XDSMetadataUpdateError": "Le document à annuler n'est pas dans le DMP.",
    "XDSRegistryMetadataError": "Le DMP refuse la description du document : il y manque une information.",
    "XDSRepositoryMetadataError": "Le DMP ne retrouve pas l'empreinte ou la taille annoncées.",
    "XDSMissingDocument": "Le DMP n'a pas reçu le document annoncé.",
    "XDSRegistryError": "Le DMP refuse le document sans dire pourquoi.",
    "FailedAuthentication": "Le DMP refuse le certificat ou le jeton de la maison : prévenez l'intégrateur.",
}
IDENTITY = frozenset({"XDSUnknownPatientId", "XDSPatientIdDoesNotMatch"})


def words(answer: Answer) -> str:
    codes = [error.code for error in answer.errors] or ([answer.fault] if answer.fault else [])
    if not codes:
        return "Le DMP refuse le document sans dire pourquoi."
    known = WORDS.get(codes[0], "Le DMP refuse le document.")
    return f"{known} ({', '.join(codes[:3])})"


def asks_to_come_back(answer: Answer) -> bool:
    return bool(answer.errors) and all(error.code in LATER for error in answer.errors)


def is_there_already(answer: Answer) -> bool:
    return bool(answer.errors) and all(error.code == ALREADY for error in answer.errors)
