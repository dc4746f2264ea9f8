"""Prescription de produits de santé, 57833-6, as a PDF in an N1 document (IHE XDS-SD). Source: example DOC_NON_STRUCTURE."""

from __future__ import annotations

from maison.formats.cda.builder import Envelope, document_type, unstructured
from maison.formats.cda.model import Document


def prescription(envelope: Envelope, pdf: bytes, *, title: str = "Prescription de produits de santé") -> Document:
    """CI-SIS wants PDF/A-1; ValueError when `pdf` is not a PDF at all."""
    return unstructured(envelope, code=document_type("57833-6"), title=title, data=pdf)
