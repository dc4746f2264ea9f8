"""Every message the Hub Santé carries: its code, the member that announces it, its model and its XML namespace."""

from collections.abc import Callable
from typing import Any, get_origin

from msgspec import Struct

from maison.formats.hub_sante.appointment import Appointment
from maison.formats.hub_sante.case import CaseHealth, CaseHealthUpdate
from maison.formats.hub_sante.checks import pattern_check
from maison.formats.hub_sante.emsi import Emsi
from maison.formats.hub_sante.fire_case import FireCase
from maison.formats.hub_sante.geolocation import GeoPositionsUpdate, GeoResourcesDetails, GeoResourcesRequest
from maison.formats.hub_sante.protocol import Header, HubError, Reference
from maison.formats.hub_sante.reports import DocumentLink, InterventionReport
from maison.formats.hub_sante.resources import (
    ResourcesEngagement,
    ResourcesInfo,
    ResourcesInfoCisu,
    ResourcesRequest,
    ResourcesResponse,
    ResourcesStatus,
)
from maison.formats.hub_sante.rpis import Rpis
from maison.formats.hub_sante.shape import Shape, holds, shape_of
from maison.formats.hub_sante.technical import Technical, TechnicalNoreq

NAMESPACE = "urn:emergency:eda:1.9"


class MessageType(Struct, frozen=True, eq=False):
    """`key` is the member of `message` (and the XML element) that announces this type.

    `has_header` is false for the few that travel without RC-DE. `has_right_forms` finishes what decoding has begun.
    """

    code: str
    key: str
    label: str
    model: Any
    namespace: str
    has_header: bool
    shape: Shape
    has_right_forms: Callable[[Any], bool]
    has_integers: bool


def _type(
    code: str, key: str, label: str, model: Any, *, namespace: str | None = None, has_header: bool = True
) -> MessageType:
    name = f"{NAMESPACE}:{key.lower()}" if namespace is None else namespace
    shape = shape_of(model)
    return MessageType(code, key, label, model, name, has_header, shape, pattern_check(shape), holds(shape, "integer"))


def _camel(key: str) -> str:
    return f"{NAMESPACE}:{key}"


MESSAGE_TYPES: tuple[MessageType, ...] = (
    _type("RS-EDA", "createCaseHealth", "Dossier de régulation", CaseHealth, namespace=_camel("createCaseHealth")),
    _type(
        "RS-EDA-MAJ",
        "createCaseHealthUpdate",
        "Mise à jour d’un dossier de régulation",
        CaseHealthUpdate,
        namespace=_camel("createCaseHealthUpdate"),
    ),
    _type("RS-ER", "resourcesEngagement", "Engagement de ressources", ResourcesEngagement),
    _type("RS-RI", "resourcesInfo", "Ressources engagées", ResourcesInfo),
    _type("RS-SR", "resourcesStatus", "Statut d’une ressource", ResourcesStatus),
    _type("RS-DR", "resourcesRequest", "Demande de ressource", ResourcesRequest),
    _type("RS-RR", "resourcesResponse", "Réponse à une demande de ressource", ResourcesResponse),
    _type("RS-BPV", "interventionReport", "Bilan de prise en charge", InterventionReport),
    _type("RS-RPIS", "rpis", "Rapport d’intervention SMUR", Rpis),
    _type("RS-URL", "documentLink", "Lien vers un document", DocumentLink),
    _type("RS-SAS-RDV", "appointment", "Rendez-vous SAS", Appointment),
    _type("RS-ERROR", "error", "Erreur", HubError, has_header=False),
    _type("RC-REF", "reference", "Acquittement fonctionnel", Reference),
    _type("RC-DE", "distributionElement", "En-tête seul", Header, namespace=NAMESPACE, has_header=False),
    _type(
        "RC-EDA", "createCase", "Affaire partagée avec les sapeurs-pompiers", FireCase, namespace=_camel("createCase")
    ),
    _type("RC-RI", "resourcesInfoCisu", "Ressources partagées avec les sapeurs-pompiers", ResourcesInfoCisu),
    _type("EMSI", "emsi", "Situation et missions (EMSI)", Emsi),
    _type("GEO-POS", "geoPositionsUpdate", "Positions de véhicules", GeoPositionsUpdate),
    _type("GEO-REQ", "geoResourcesRequest", "Demande de positions", GeoResourcesRequest),
    _type("GEO-RES", "geoResourcesDetails", "Description de véhicules", GeoResourcesDetails),
    _type("TECHNICAL", "technical", "Message technique", Technical),
    _type(
        "TECHNICAL_NOREQ",
        "technicalNoreq",
        "Message technique sans en-tête",
        TechnicalNoreq,
        namespace=_camel("technicalNoreq"),
        has_header=False,
    ),
    _type("customContent", "customContent", "Contenu libre", dict[str, Any], namespace=NAMESPACE, has_header=False),
)

BY_KEY = {message_type.key: message_type for message_type in MESSAGE_TYPES}
BY_CODE = {message_type.code: message_type for message_type in MESSAGE_TYPES}
BY_MODEL: dict[type, MessageType] = {
    get_origin(message_type.model) or message_type.model: message_type for message_type in MESSAGE_TYPES
}
"""By the class of a read message; a free content is a plain dict."""
