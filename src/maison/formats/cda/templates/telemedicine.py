"""Télé-expertise: the request (TLM-DA 2022.01, 75496-0) and the report (TLM-CR, 85208-7).

The request claims its model (source: example TLM-DA TE1, history in free text). No official example of the report was at hand:
a plain CI-SIS document without model, **to confirm**.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from maison.formats.cda import entries as coded
from maison.formats.cda import oids, sections
from maison.formats.cda.builder import Envelope, document_type, structured
from maison.formats.cda.model import Code, Document, Identifier, Order
from maison.formats.cda.sections import Text, optional, section
from maison.formats.cda.templates.parts import Treatments, treatments_section, vital_signs_section

MODEL_REQUEST = Identifier("1.2.250.1.213.1.1.1.38", "2022.01")
ACT = Code(
    "TE1",
    "Acte de téléexpertise de niveau 1 d'un médecin sollicité par un autre médecin",
    oids.NGAP,
    oids.NAMES[oids.NGAP],
)
"""NGAP code of the example; the amounts and levels changed since: the caller may give another."""


def expertise_request(
    envelope: Envelope,
    *,
    anamnesis: Text,
    treatments: Treatments,
    question: str = "",
    lifestyle: Text = (),
    work_risks: Text = (),
    vitals: Sequence[coded.Vital] = (),
    results: Text = (),
    act: Code = ACT,
) -> Document:
    """ValueError when nothing is said of the treatments. The model has no section for the question: it opens the anamnesis."""
    marks = coded.Marks(envelope.id)
    told = sections.blocks(anamnesis)
    asked = sections.blocks(f"Question posée : {question}") if question else ()
    body = [
        section(
            sections.ANAMNESIS_AND_RISKS,
            sections=[
                section(sections.ANAMNESIS, (*asked, *told)),
                *optional(sections.FREE_LIFESTYLE, lifestyle),
                *optional(sections.WORK_RISKS, work_risks),
            ],
        ),
        treatments_section(marks, sections.TREATMENTS, treatments),
        *([vital_signs_section(marks, sections.VITAL_SIGNS, vitals, at=envelope.created)] if vitals else []),
        *optional(sections.FREE_RESULTS, results),
    ]
    coded_envelope = replace(envelope, service=replace(envelope.service, code=act))
    return structured(
        coded_envelope,
        code=document_type("75496-0"),
        title="Demande de télé-expertise",
        sections=body,
        model=MODEL_REQUEST,
    )


def expertise_report(
    envelope: Envelope,
    *,
    answer: Text,
    request: Order | None = None,
    question: Text = (),
    results: Text = (),
    follow_up: Text = (),
    comment: Text = (),
) -> Document:
    """`request` is what it answers: it goes to the header (`inFulfillmentOf`)."""
    linked = replace(envelope, orders=(*envelope.orders, request)) if request else envelope
    return structured(
        linked,
        code=document_type("85208-7"),
        title="Compte rendu de télé-expertise",
        sections=[
            *optional(sections.REASON, question, title="Question posée"),
            section(sections.FREE_EVENTS, answer, title="Avis de l’expert"),
            *optional(sections.FREE_PLAN, follow_up, title="Conduite à tenir proposée"),
            *optional(sections.FREE_RESULTS, results, title="Éléments examinés"),
            *optional(sections.COMMENT, comment),
        ],
    )
