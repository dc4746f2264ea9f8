"""The documents the house writes. Each function takes an `Envelope` and the words of the trade, and gives a `Document`.

A template *claims* its model (templateId) only when an official example was at hand and every compulsory section and entry of
it is written; the others are plain CI-SIS documents with the right type and section codes, and say so. The published
schematrons were not at hand: conformity beyond the XML schema is to be confirmed with the ANS test tools.
"""

from maison.formats.cda.templates.care_home import back_to_care_home, care_home_file, to_emergency
from maison.formats.cda.templates.emergency import emergency_report
from maison.formats.cda.templates.liaison_letter import DischargeLetter, discharge_letter
from maison.formats.cda.templates.medical_summary import MedicalSummary, medical_summary
from maison.formats.cda.templates.prescription import prescription
from maison.formats.cda.templates.telemedicine import expertise_report, expertise_request
from maison.formats.cda.templates.tumour_board import Proposal, TumourBoard, tumour_board

__all__ = [
    "DischargeLetter",
    "MedicalSummary",
    "Proposal",
    "TumourBoard",
    "back_to_care_home",
    "care_home_file",
    "discharge_letter",
    "emergency_report",
    "expertise_report",
    "expertise_request",
    "medical_summary",
    "prescription",
    "to_emergency",
    "tumour_board",
]
