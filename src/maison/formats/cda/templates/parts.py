"""Sections several documents share: their rows in the text, and one coded entry for each row."""

from __future__ import annotations

from collections.abc import Sequence

from maison.formats.cda import entries as coded
from maison.formats.cda import oids
from maison.formats.cda.model import Code, Section
from maison.formats.cda.moment import Moment
from maison.formats.cda.narrative import Inline, facts, marked, paragraph, table
from maison.formats.cda.sections import Kind, section
from maison.formats.cda.units import quantity

STATUS_CODE = Code("GEN-065", "Statut du document", oids.TA_ASIP, oids.NAMES[oids.TA_ASIP])
STATUSES = {
    "in_progress": Code("385651009", "en cours d'exécution", oids.SNOMED_CT, oids.NAMES[oids.SNOMED_CT]),
    "done": Code("398166005", "réalisé", oids.SNOMED_CT, oids.NAMES[oids.SNOMED_CT]),
    "approved": Code("9571008", "approuvé", oids.SNOMED_CT, oids.NAMES[oids.SNOMED_CT]),
    "closed": Code("29179001", "clôturé", oids.SNOMED_CT, oids.NAMES[oids.SNOMED_CT]),
}
"""JDV_StatutDoc_CISIS, 2023-01-31."""


def status_section(marks: coded.Marks, kind: Kind, status: str, *, at: Moment, templates: Sequence[str]) -> Section:
    """`status` is a key of STATUSES."""
    code, mark = STATUSES[status], marks.mark()
    words = facts([("Statut du document", marked(code.display.capitalize(), mark))])
    entry = coded.simple_observation(marks, STATUS_CODE, code, at=at, mark=mark, templates=templates)
    return section(kind, words, entries=[entry])


Treatments = Sequence[coded.Medication] | Code
"""The lines of a treatment, or why there is none (`coded.NO_KNOWN_TREATMENT`, `NO_TREATMENT_INFO`): an empty list is neither."""


def treatments_section(marks: coded.Marks, kind: Kind, lines: Treatments, *, title: str = "") -> Section:
    """Columns nobody filled are left out. ValueError for an empty list: whoever writes must say that there is none."""
    if isinstance(lines, Code):
        mark = marks.mark()
        entry = coded.treatment(marks, lines, mark=mark)
        return section(kind, paragraph(marked(lines.display, mark)), entries=[entry], title=title)
    if not lines:
        raise ValueError("no treatment: say which of the reasons of absence")
    named = [(one, marks.mark()) for one in lines]
    columns = [
        ("Posologie", [one.dosage for one in lines]),
        ("Voie", [one.route for one in lines]),
        ("Début", [str(one.start or "") for one in lines]),
        ("Fin", [str(one.end or "") for one in lines]),
        ("Motif", [one.reason for one in lines]),
        ("Commentaire", [one.comment for one in lines]),
    ]
    filled = [(head, cells) for head, cells in columns if any(cells)]
    rows: list[list[Inline]] = [
        [marked(one.name, mark), *(cells[rank] for _head, cells in filled)] for rank, (one, mark) in enumerate(named)
    ]
    words = table(["Médicament", *(head for head, _cells in filled)], rows, row_heads=True)
    return section(kind, words, entries=[coded.treatment(marks, one, mark=mark) for one, mark in named], title=title)


def vital_signs_section(marks: coded.Marks, kind: Kind, vitals: Sequence[coded.Vital], *, at: Moment) -> Section:
    """One measure or more."""
    named = [(one, marks.mark()) for one in vitals]
    words = table(
        ["Mesure", "Valeur"],
        [[marked(one.code.display, mark), quantity(one.value, one.unit)] for one, mark in named],
        row_heads=True,
    )
    return section(kind, words, entries=[coded.vital_signs(marks, named, at=at)])


def problems_section(
    marks: coded.Marks, kind: Kind, problems: Sequence[coded.Problem], *, is_active: bool, title: str = ""
) -> Section:
    named = [(one, marks.mark()) for one in problems]
    rows: list[list[Inline]] = [
        [marked(one.name, mark), " – ".join(str(when) for when in (one.since, one.until) if when)]
        for one, mark in named
    ]
    words = table(["Problème", "Date"], rows, row_heads=True)
    given = [coded.concern(marks, one, mark=mark, is_active=is_active) for one, mark in named]
    return section(kind, words, entries=given, title=title)


def allergies_section(marks: coded.Marks, kind: Kind, allergies: Sequence[coded.Allergy]) -> Section:
    named = [(one, marks.mark()) for one in allergies]
    rows: list[list[Inline]] = [
        [marked(one.agent, mark), one.kind.display, str(one.since or "")] for one, mark in named
    ]
    words = table(["Agent", "Type", "Depuis"], rows, row_heads=True)
    return section(kind, words, entries=[coded.allergy(marks, one, mark=mark) for one, mark in named])
