"""Test and production identities never meet (X-07)."""

from __future__ import annotations

from django.conf import settings

from maison.formats.hl7v2.patient import INS_NIA, INS_NIR, INS_NIR_DEMONSTRATION, INS_NIR_TEST

PRODUCTION = frozenset({INS_NIR, INS_NIA})
TEST = frozenset({INS_NIR_TEST, INS_NIR_DEMONSTRATION})


def is_of_this_world(oid: str) -> bool:
    """INS-C and unknown systems are of no world."""
    return oid in (PRODUCTION if settings.PRODUCTION else TEST)
