"""Unscheduled-care appointment sent back to the regulation software (RS-SAS-RDV)."""

from typing import Literal

from maison.formats.hub_sante.model import DateTime, Maybe, Model, SasRpps


class AppointmentPractitioner(Model, kw_only=True):
    rpps_id: SasRpps
    last_name: str
    first_name: str
    speciality_code: Maybe[str] = None
    speciality_url: Maybe[str] = None
    profession_code: Maybe[str] = None
    profession_url: Maybe[str] = None


class AppointmentOrganization(Model, kw_only=True):
    organization_id: str
    name: str


class AppointmentRegulator(Model, kw_only=True):
    regulator_id: Maybe[str] = None
    regulator_name: str
    regulator_firstname: str
    regulator_email: str


class Appointment(Model, kw_only=True):
    """RS-SAS-RDV, `appointment`: a slot booked through the access-to-care platform."""

    appointment_id: str
    method: Literal["CreateAppointment", "UpdateAppointment"]
    created: DateTime
    start: DateTime
    end: Maybe[DateTime] = None
    status: Literal["pending", "booked", "fulfilled", "noshow", "cancelled"]
    orientation_category: Maybe[Literal["CPTS", "MSP", "CDS", "SOS", "PS", "PDM"]] = None
    practitioner: Maybe[AppointmentPractitioner] = None
    organization: Maybe[AppointmentOrganization] = None
    regulator: AppointmentRegulator
