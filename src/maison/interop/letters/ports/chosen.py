"""The adapters of this house: none when the operator of the house gave no address."""

from __future__ import annotations

from django.conf import settings

from .base import HealthRecord, MailOperator
from .smtp import SmtpOperator
from .soap import SoapRecord


def mail_operator() -> MailOperator | None:
    return SmtpOperator(settings.MSSANTE) if settings.MSSANTE["url"] else None


def health_record() -> HealthRecord | None:
    return SoapRecord(settings.DMP) if settings.DMP["url"] else None


def is_trusted(address: str) -> bool:
    """MSS-01: a mailbox of the space of trust, and never a patient's written by hand."""
    domain = address.rpartition("@")[2].lower()
    return bool(address.count("@") == 1 and domain in settings.MSSANTE["domains"] and domain != patients_domain())


def patients_domain() -> str:
    return str(settings.MSSANTE["patients_domain"])
