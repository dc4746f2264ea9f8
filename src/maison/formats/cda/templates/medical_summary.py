"""Volet de synthèse médicale (VSM 1.4). Claims its model.

Source: example VSM_1.4_2022.01. That version bears the type SYNTH; the type 60591-5 goes with the later IPS-FR model, of which no
example was at hand: `medical_summary` writes SYNTH, the only pair of type and model that could be checked.
"""

from __future__ import annotations

from msgspec import Struct

from maison.formats.cda import entries as coded
from maison.formats.cda import sections
from maison.formats.cda.builder import Envelope, document_type, structured
from maison.formats.cda.model import Code, Document, Identifier
from maison.formats.cda.sections import Text, optional, section
from maison.formats.cda.templates.parts import allergies_section, problems_section, treatments_section

MODEL = Identifier("1.2.250.1.213.1.1.1.13", "201310")


class MedicalSummary(Struct, frozen=True, kw_only=True):
    """`watch_points` (points de vigilance) is compulsory in the model: « Néant » when there is none."""

    watch_points: Text
    problems: tuple[coded.Problem, ...] = ()
    history: tuple[coded.Problem, ...] = ()
    allergies: tuple[coded.Allergy, ...] = ()
    treatments: tuple[coded.Medication, ...] | Code = ()
    work_risks: Text = ()


def medical_summary(envelope: Envelope, summary: MedicalSummary) -> Document:
    marks = coded.Marks(envelope.id)
    history = [
        *([problems_section(marks, sections.PROBLEMS, summary.problems, is_active=True)] if summary.problems else []),
        *([problems_section(marks, sections.HISTORY, summary.history, is_active=False)] if summary.history else []),
        *([allergies_section(marks, sections.ALLERGIES, summary.allergies)] if summary.allergies else []),
    ]
    risks = optional(sections.WORK_RISKS, summary.work_risks)
    treatments = [treatments_section(marks, sections.TREATMENTS, summary.treatments)] if summary.treatments else []
    return structured(
        envelope,
        code=document_type("SYNTH"),
        title="Synthèse médicale",
        sections=[
            section(
                sections.VSM_CONDITIONS,
                sections=[
                    *([section(sections.VSM_HISTORY, sections=history)] if history else []),
                    *([section(sections.VSM_RISKS, sections=risks)] if risks else []),
                ],
            ),
            section(sections.FREE_RESULTS, summary.watch_points, title="Points de vigilance"),
            section(sections.VSM_PLAN, sections=treatments),
        ],
        model=MODEL,
    )
