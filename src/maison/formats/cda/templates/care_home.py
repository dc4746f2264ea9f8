"""Between a care home (EHPAD) and the hospital: DLU, transfer to the emergency department (FLUDT), return (FLUDR).

`to_emergency` claims its model (source: example DLU-EHPAD-FLUDT 2022.01). No official example of the DLU nor of the FLUDR was at
hand: `care_home_file` and `back_to_care_home` are plain CI-SIS documents of the type 74207-2, without model, **to confirm**.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from maison.formats.cda import entries as coded
from maison.formats.cda import oids, sections
from maison.formats.cda.builder import Envelope, document_type, structured
from maison.formats.cda.model import Code, Document, Identifier, Organisation, Section
from maison.formats.cda.moment import Moment
from maison.formats.cda.narrative import Node, facts, marked, paragraph, table
from maison.formats.cda.sections import Text, optional, section
from maison.formats.cda.templates.parts import vital_signs_section
from maison.formats.cda.xml_writing import loinc

MODEL_FLUDT = Identifier("1.2.250.1.213.1.1.1.23", "2022.01")

BELONGINGS = {
    "glasses": Code("Q021003", "LUNETTES PRÊTES À PORTER (OU LUNETTES MONTÉES)", oids.EMDN, oids.NAMES[oids.EMDN]),
    "dentures": Code("P0102", "PROTHÈSES DENTAIRES", oids.EMDN, oids.NAMES[oids.EMDN]),
    "hearing_aids": Code("Y2145", "DISPOSITIFS ACCOUSTIQUES D'AIDE À L'AUDITION", oids.EMDN, oids.NAMES[oids.EMDN]),
}
"""JDV_ProtheseObjetPersonnel_CISIS, 2022-12-05, and the words people read."""
_BELONGING_WORDS = {"glasses": "Lunettes", "dentures": "Prothèses dentaires", "hearing_aids": "Appareils auditifs"}


def to_emergency(
    envelope: Envelope,
    *,
    reason: str,
    left_at: Moment,
    destination: Organisation,
    destination_type: Code,
    vitals: Sequence[coded.Vital],
    is_awake: bool,
    last_treatment: Moment,
    last_meal: Moment,
    belongings: Iterable[tuple[str, bool]],
    pain: str = "",
    comment: Text = (),
) -> Document:
    """FLUDT. `belongings` are keys of BELONGINGS with whether the resident leaves with them. ValueError when one is missing."""
    kept = list(belongings)
    if not kept or not vitals or not destination.ids:
        raise ValueError("the model wants vital signs, belongings and an identified destination")
    marks = coded.Marks(envelope.id)
    body = [
        _transfer(marks, reason, left_at, destination, destination_type),
        vital_signs_section(marks, sections.VITAL_SIGNS, vitals, at=envelope.created),
        _state(marks, envelope.created, is_awake=is_awake, pain=pain),
        _last_treatment(marks, last_treatment),
        _last_meal(marks, last_meal),
        _belongings(marks, envelope.created, kept),
        *optional(sections.COMMENT, comment),
    ]
    return structured(
        envelope,
        code=document_type("74207-2"),
        title="Fiche de liaison d’urgence : transfert de l’EHPAD vers le service des urgences",
        sections=body,
        model=MODEL_FLUDT,
    )


def back_to_care_home(
    envelope: Envelope,
    *,
    reason: str,
    summary: Text,
    treatments: Text = (),
    follow_up: Text = (),
    attached: Sequence[str] = (),
) -> Document:
    """FLUDR. `attached` names the papers given with it (ordonnance de sortie, copie du résumé du passage aux urgences…)."""
    papers = (table(["Document remis"], [[one] for one in attached]),) if attached else ()
    return structured(
        envelope,
        code=document_type("74207-2"),
        title="Fiche de liaison d’urgence : retour des urgences vers l’EHPAD",
        sections=[
            section(sections.REASON, reason, title="Motif du passage aux urgences"),
            section(sections.FREE_EVENTS, summary, title="Synthèse du passage"),
            *optional(sections.FREE_TREATMENTS, treatments),
            *optional(sections.FREE_PLAN, follow_up),
            *optional(sections.COMMENT, papers, title="Documents remis"),
        ],
    )


def care_home_file(
    envelope: Envelope,
    *,
    problems: Text,
    history: Text = (),
    allergies: Text = (),
    treatments: Text = (),
    function: Text = (),
    vaccines: Text = (),
    wishes: Text = (),
    preferred_hospital: str = "",
) -> Document:
    """DLU: what an emergency doctor needs about a resident. `wishes`: advance directives, palliative care."""
    hospital = (paragraph(preferred_hospital),) if preferred_hospital else ()
    return structured(
        envelope,
        code=document_type("74207-2"),
        title="Dossier de liaison d’urgence",
        sections=[
            *optional(sections.COMMENT, hospital, title="Établissement de santé de préférence"),
            section(sections.FREE_PROBLEMS, problems, title="Pathologies en cours"),
            *optional(sections.FREE_HISTORY, history),
            *optional(sections.FREE_ALLERGIES, allergies),
            *optional(sections.FREE_TREATMENTS, treatments),
            *optional(sections.FREE_FUNCTION, function),
            *optional(sections.FREE_VACCINES, vaccines),
            *optional(sections.COMMENT, wishes, title="Directives anticipées et soins palliatifs"),
        ],
    )


def _transfer(
    marks: coded.Marks, reason: str, left_at: Moment, destination: Organisation, destination_type: Code
) -> Section:
    why, where = marks.mark(), marks.mark()
    words = facts(
        [
            ("Motif", marked(reason, why)),
            ("Date et heure", str(left_at)),
            ("Établissement", marked(destination.name, where)),
        ]
    )
    motive = coded.described_observation(
        marks, loinc("57277-6", "Motif du transfert vers le service des urgences"), at=left_at, mark=why
    )
    move = coded.transfer(
        marks,
        at=left_at,
        mark=where,
        destination=destination.ids[0],
        destination_name=destination.name,
        destination_type=destination_type,
        address=destination.address,
    )
    return section(sections.EVENTS, words, entries=[motive, move], title="Transfert vers le service des urgences")


def _state(marks: coded.Marks, at: Moment, *, is_awake: bool, pain: str) -> Section:
    awake = marks.mark()
    rows: list[tuple[str, Node | str]] = [("Conscient et éveillé", marked("Oui" if is_awake else "Non", awake))]
    entries = [
        coded.no_procedure(marks, at=at, mark=awake),
        coded.simple_observation(
            marks,
            Code("DLU_002", "Conscient et éveillé", oids.TA_ASIP, oids.NAMES[oids.TA_ASIP]),
            is_awake,
            at=at,
            mark=awake,
        ),
    ]
    if pain:
        hurts = marks.mark()
        rows.append(("Douleurs récentes", marked(pain, hurts)))
        code = Code("R52.9", "Douleur, sans précision", oids.CIM_10, oids.NAMES[oids.CIM_10])
        entries.append(coded.simple_observation(marks, code, True, at=at, mark=hurts))
    return section(sections.RESULTS, facts(rows), entries=entries)


def _last_treatment(marks: coded.Marks, at: Moment) -> Section:
    mark = marks.mark()
    words = paragraph("Dernière prise du traitement habituel : ", marked(str(at), mark))
    entry = coded.treatment(marks, None, mark=mark, start=at)
    return section(
        sections.TREATMENTS, words, entries=[entry], title="Date et heure de la dernière prise du traitement habituel"
    )


def _last_meal(marks: coded.Marks, at: Moment) -> Section:
    mark = marks.mark()
    code = Code("GEN-244", "Date et heure du dernier repas", oids.TA_ASIP, oids.NAMES[oids.TA_ASIP])
    entry = coded.simple_observation(marks, code, None, at=at, mark=mark)
    return section(sections.LAST_MEAL, paragraph("Dernier repas : ", marked(str(at), mark)), entries=[entry])


def _belongings(marks: coded.Marks, at: Moment, belongings: Sequence[tuple[str, bool]]) -> Section:
    named = [(name, is_there, marks.mark()) for name, is_there in belongings]
    words = facts(
        (_BELONGING_WORDS[name], marked("Oui" if is_there else "Non", mark)) for name, is_there, mark in named
    )
    entries = [
        coded.simple_observation(
            marks, BELONGINGS[name], is_there, at=at, mark=mark, templates=("1.2.250.1.213.1.1.3.12",)
        )
        for name, is_there, mark in named
    ]
    return section(sections.BELONGINGS, words, entries=entries)
