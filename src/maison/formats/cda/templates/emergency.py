"""Compte rendu de passage aux urgences, 15507-7.

No official example and no published model were at hand: a plain CI-SIS document, whose sections bear the codes the other
examples use for the same matter, without model, **to confirm**.
"""

from __future__ import annotations

from maison.formats.cda import sections
from maison.formats.cda.builder import Envelope, document_type, structured
from maison.formats.cda.model import Document
from maison.formats.cda.sections import Text, optional, section


def emergency_report(
    envelope: Envelope,
    *,
    reason: str,
    conclusion: Text,
    story: Text = (),
    history: Text = (),
    allergies: Text = (),
    usual_treatments: Text = (),
    vital_signs: Text = (),
    results: Text = (),
    treatments: Text = (),
    follow_up: Text = (),
) -> Document:
    """The conclusion comes first: it is what the general practitioner looks for."""
    return structured(
        envelope,
        code=document_type("15507-7"),
        title="Compte rendu de passage aux urgences",
        sections=[
            section(sections.REASON, reason, title="Motif de recours"),
            section(sections.FREE_EVENTS, conclusion, title="Conclusion du passage"),
            *optional(sections.FREE_PLAN, follow_up),
            *optional(sections.FREE_TREATMENTS, treatments, title="Traitements prescrits à la sortie"),
            *optional(sections.STORY, story),
            *optional(sections.FREE_HISTORY, history),
            *optional(sections.FREE_ALLERGIES, allergies),
            *optional(sections.FREE_TREATMENTS, usual_treatments, title="Traitements habituels"),
            *optional(sections.FREE_VITAL_SIGNS, vital_signs),
            *optional(sections.FREE_RESULTS, results),
        ],
    )
