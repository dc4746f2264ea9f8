"""Positions of vehicles (GEO-POS, GEO-REQ, GEO-RES)."""

from typing import Literal

from maison.formats.hub_sante.model import AtLeastOne, DateTime, Maybe, Model, Number, ResourceId
from maison.formats.hub_sante.parts import PositionCoord


class Position(Model, kw_only=True):
    resource_id: ResourceId
    datetime: DateTime
    coord: PositionCoord
    speed: Maybe[Number] = None
    cap: Maybe[Number] = None
    move: Maybe[Literal["MOBILE", "STATIQUE"]] = None
    engine_on: Maybe[bool] = None
    ground_status: Maybe[bool] = None
    status: Maybe[Literal["DISPONIBLE", "INDISPONIBLE", "INCONNU"]] = None
    engaged_status: Maybe[
        Literal[
            "ALERTEE",
            "PARTIE",
            "ARRIVEE_LIEU",
            "TRANSPORT_DESTINATION",
            "ARRIVEE_DESTINATION",
            "FIN_MED",
            "QUITTE_DESTINATION",
            "RETOUR_DISPONIBLE",
            "RETOUR_INDISPONIBLE",
            "ARRIVEE_CENTRE",
        ]
    ] = None


class GeoPositionsUpdate(Model, kw_only=True):
    """GEO-POS, `geoPositionsUpdate`: positions and availability of vehicles."""

    position: AtLeastOne[Position]


class GeoResourcesRequest(Model, kw_only=True):
    """GEO-REQ, `geoResourcesRequest`: asks what is known of some vehicles."""

    resource_id: AtLeastOne[ResourceId]


class RadioContact(Model, kw_only=True):
    type: Maybe[Literal["PMRADD", "PHNADD"]] = None
    details: Maybe[str] = None


class LocatedResource(Model, kw_only=True):
    resource_id: ResourceId
    org_id: str
    name: Maybe[str] = None
    resource_type: Literal["SMUR", "SDIS", "TSU", "SNP", "MSPE", "SHIP"]
    nature: Maybe[Literal["EFFECTEUR", "BASE"]] = None
    mobility: Maybe[Literal["FIXE", "VEHICULE", "HELICOPTERE", "SHIP"]] = None
    capacity: Maybe[Literal["URGENCE", "MEDICALE", "PARAMEDICALE", "INCONNUE"]] = None
    contacts: list[RadioContact] = []


class GeoResourcesDetails(Model, kw_only=True):
    """GEO-RES, `geoResourcesDetails`: what is known of some vehicles."""

    resource: list[LocatedResource] = []
