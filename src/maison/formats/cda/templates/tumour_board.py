"""Fiche de réunion de concertation pluridisciplinaire (FRCP), 34794-8.

Types, section codes and title come from the example CANCER-FRCP 2022.01. Its compulsory coded entries (nature of the discussion,
organ, tumour, TNM, proposals: some forty forms) are not written: the document does not claim the model, its sections hold text
and the coded status only. Format: out of the profiles, until the entries are there.
"""

from __future__ import annotations

from msgspec import Struct

from maison.formats.cda import entries as coded
from maison.formats.cda import sections
from maison.formats.cda.builder import Envelope, document_type, structured
from maison.formats.cda.model import Document
from maison.formats.cda.narrative import facts
from maison.formats.cda.sections import Text, optional, section
from maison.formats.cda.templates.parts import status_section


class TumourBoard(Struct, frozen=True, kw_only=True):
    """`network`, `centre` and `board` make the title, as CI-SIS wants: « FRCP réseau / 3C / RCP », without any identity."""

    network: str
    centre: str
    board: str
    nature: str
    motives: tuple[str, ...]
    is_complete: bool
    has_quorum: bool
    proposal: Text
    discovery: Text = ()
    tumour: Text = ()
    history: Text = ()
    problems: Text = ()
    function: Text = ()
    results: Text = ()
    past_treatments: Text = ()
    case_and_question: Text = ()
    frame: Text = ()
    comment: Text = ()
    status: str = "approved"


def tumour_board(envelope: Envelope, sheet: TumourBoard) -> Document:
    marks = coded.Marks(envelope.id)
    yes_no = {True: "Oui", False: "Non"}
    body = [
        section(
            sections.BOARD_REASON,
            facts([("Nature de la discussion", sheet.nature), ("Motif", " ; ".join(sheet.motives))]),
        ),
        *optional(sections.STORY, sheet.case_and_question, title="Synthèse du cas et question posée"),
        section(sections.BOARD_PLAN, sheet.proposal),
        *optional(sections.BOARD_FRAME, sheet.frame),
        section(
            sections.BOARD_FILE,
            facts(
                [
                    ("Dossier complet", yes_no[sheet.is_complete]),
                    ("Quorum", "Quorum atteint" if sheet.has_quorum else "Quorum non atteint"),
                ]
            ),
        ),
        *optional(sections.BOARD_DISCOVERY, sheet.discovery),
        *optional(sections.BOARD_TUMOUR, sheet.tumour),
        *optional(sections.FREE_HISTORY, sheet.history),
        *optional(sections.FREE_PROBLEMS, sheet.problems),
        *optional(sections.FREE_FUNCTION, sheet.function, title="État général et autonomie"),
        *optional(sections.FREE_RESULTS, sheet.results),
        *optional(sections.FREE_EVENTS, sheet.past_treatments, title="Traitements passés ou en cours"),
        *optional(sections.COMMENT, sheet.comment),
        status_section(
            marks, sections.STATUS, sheet.status, at=envelope.created, templates=("1.2.250.1.213.1.1.3.48.16",)
        ),
    ]
    title = f"FRCP {sheet.network} / {sheet.centre} / {sheet.board}"
    return structured(envelope, code=document_type("34794-8"), title=title, sections=body)
