"""Lettre de liaison à la sortie d'un établissement de soins (LDL-SES 2022.01), 11490-0. Claims its model.

Source: example LDL-SES_2022.01, with the cardinalities its comments give. The example also names an author inside two entries;
they are optional in CDA and left out here.
"""

from __future__ import annotations

from msgspec import Struct

from maison.formats.cda import entries as coded
from maison.formats.cda import oids, sections
from maison.formats.cda.builder import Envelope, document_type, structured
from maison.formats.cda.model import Code, Document, Identifier, Section
from maison.formats.cda.moment import Moment
from maison.formats.cda.narrative import Node, facts, marked
from maison.formats.cda.sections import Text, optional, section
from maison.formats.cda.templates.parts import allergies_section, status_section, treatments_section

MODEL = Identifier("1.2.250.1.213.1.1.1.29", "2022.01")
_OBSERVATION = "1.2.250.1.213.1.1.3.48."


def _asip(code: str, display: str) -> Code:
    return Code(code, display, oids.TA_ASIP, oids.NAMES[oids.TA_ASIP])


class DischargeLetter(Struct, frozen=True, kw_only=True):
    """`entry_mode` is of JDV_ModaliteEntree, `exit_mode` of JDV_ModaliteSortie. `discharge_treatments` is a
    code of absence when there is none: an empty tuple says nothing and is refused.
    """

    reason: str
    entered: Moment
    entry_mode: Code
    left: Moment
    exit_mode: Code
    summary: str
    resistant_bacteria_sought: bool
    transfusion: bool
    blood_products: bool
    discharge_treatments: tuple[coded.Medication, ...] | Code
    status: str = "approved"
    adverse_events: str = ""
    resistant_bacteria_found: str = ""
    transfusion_accidents: str = ""
    blood_product_events: str = ""
    stopped_treatments: tuple[coded.Medication, ...] = ()
    awaited_results: Text = ()
    follow_up: Text = ()
    allergies: tuple[coded.Allergy, ...] = ()


def discharge_letter(envelope: Envelope, letter: DischargeLetter) -> Document:
    """ValueError when nothing is said of the treatments at discharge."""
    marks = coded.Marks(envelope.id)
    body = [
        status_section(
            marks,
            sections.STATUS_LDL,
            letter.status,
            at=envelope.created,
            templates=(f"{_OBSERVATION}16", f"{_OBSERVATION}16.1"),
        ),
        section(sections.REASON, letter.reason, title="Motif de l’hospitalisation"),
        _stay(marks, letter),
        *(
            [treatments_section(marks, sections.STOPPED_TREATMENTS, letter.stopped_treatments)]
            if letter.stopped_treatments
            else []
        ),
        treatments_section(marks, sections.DISCHARGE_TREATMENTS, letter.discharge_treatments),
        *optional(sections.FREE_RESULTS, letter.awaited_results, title="Résultats d’examens et informations attendus"),
        *optional(sections.CARE_PLAN, letter.follow_up),
        *([allergies_section(marks, sections.ALLERGIES, letter.allergies)] if letter.allergies else []),
    ]
    return structured(
        envelope,
        code=document_type("11490-0"),
        title="Lettre de liaison à la sortie de l’établissement de santé",
        sections=body,
        model=MODEL,
    )


def _stay(marks: coded.Marks, letter: DischargeLetter) -> Section:
    """Each row of the table, and its entry."""
    yes_no = {True: "Oui", False: "Non"}
    rows: list[tuple[str, Node | str]] = []
    entries = []
    for label, words, code, value, at, template, code_type in (
        (
            "Entrée",
            f"{letter.entered}, {letter.entry_mode.display}",
            _asip("ORG-070", "Modalité d'entrée"),
            letter.entry_mode,
            letter.entered,
            "6",
            "CE",
        ),
        (
            "Sortie",
            f"{letter.left}, {letter.exit_mode.display}",
            _asip("ORG-074", "Modalité de sortie"),
            letter.exit_mode,
            letter.left,
            "7",
            "CE",
        ),
        (
            "Synthèse médicale",
            letter.summary,
            _asip("MED-142", "Synthèse médicale"),
            letter.summary,
            letter.left,
            "9",
            "",
        ),
        (
            "Évènements indésirables pendant l’hospitalisation",
            letter.adverse_events,
            _asip("MED-143", "Evènements indésirables survenus pendant l'hospitalisation"),
            letter.adverse_events,
            letter.left,
            "3",
            "",
        ),
        (
            "Recherche de micro-organismes multirésistants ou émergents",
            yes_no[letter.resistant_bacteria_sought],
            _asip("MED-309", "Recherche de microorganismes multi-résistants ou émergents effectuée"),
            letter.resistant_bacteria_sought,
            letter.left,
            "8",
            "",
        ),
        (
            "Micro-organismes multirésistants identifiés",
            letter.resistant_bacteria_found,
            _asip("MED-144", "Identification de micro-organismes multirésistants"),
            letter.resistant_bacteria_found,
            letter.left,
            "5",
            "",
        ),
        (
            "Transfusion de produits sanguins",
            yes_no[letter.transfusion],
            _asip("MED-145", "Transfusion de produits sanguins"),
            letter.transfusion,
            letter.left,
            "10",
            "",
        ),
        (
            "Accidents transfusionnels",
            letter.transfusion_accidents,
            _asip("MED-146", "Accidents transfusionnels"),
            letter.transfusion_accidents,
            letter.left,
            "1",
            "",
        ),
        (
            "Administration de dérivés du sang",
            yes_no[letter.blood_products],
            _asip("MED-147", "Administration de dérivés du sang"),
            letter.blood_products,
            letter.left,
            "2",
            "",
        ),
        (
            "Évènements indésirables après administration de dérivés du sang",
            letter.blood_product_events,
            _asip("MED-148", "Evènements indésirables suite à l'administration de dérivés du sang"),
            letter.blood_product_events,
            letter.left,
            "4",
            "",
        ),
    ):
        if value == "":
            continue
        mark = marks.mark()
        rows.append((label, marked(words, mark)))
        entries.append(
            coded.simple_observation(
                marks, code, value, at=at, mark=mark, templates=(_OBSERVATION + template,), code_type=code_type or "CD"
            )
        )
    return section(sections.EVENTS_LDL, facts(rows), entries=entries)
