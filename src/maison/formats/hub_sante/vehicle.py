"""The eighteen statuses of a vehicle on a case (nomenclature statutVecteur), in their official order, and what they mean.

Times should follow that order; ANNULE ends the course. What a vehicle told is gathered by the fold of the case.
"""

from maison.formats.hub_sante.codes import codes

STATUSES = codes("statutVecteur")
CANCELLED = "ANNULE"
ENGAGED = ("DECISION", "DECLENCHE")
LEFT_BASE = "DEPART"
ON_SCENE = ("ARRIVEE", "PEC", "BILAN", "ORIENTAT")
DEPARTURES_WITH_PATIENT = ("TRANSP", "TRANSP2", "TRANSP3")
AT_DESTINATION = "DESTIN"
DONE = ("FINPEC", "RETOUR", "RET-BASE", "REN-BASE")
"""Told without any departure with the patient: the crew left without transporting anyone."""
_RANKS = {status: rank for rank, status in enumerate(STATUSES)}


def rank_of(status: str) -> int:
    """Place in the official order, 0 to 17. Raises KeyError for an unknown status."""
    return _RANKS[status]
