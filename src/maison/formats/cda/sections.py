"""The sections the house writes: LOINC code, official label, templates, and the example each was taken from.

Source: TestContenuCDA 3-0 (ANS), read on 2026-11-25. A section whose content model wants coded entries is only used by the
templates that write these entries; the `free_` ones hold text alone.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from maison.formats.cda.model import Entry, Identifier, Section
from maison.formats.cda.narrative import Node, paragraph
from maison.formats.cda.xml_writing import loinc


class Kind(Struct, frozen=True):
    code: str
    display: str
    title: str
    templates: tuple[str, ...]
    source: str


STATUS = Kind("33557-0", "Etat d'achèvement", "Statut du document", ("1.2.250.1.213.1.1.2.35",), "CANCER-FRCP, LDL-SES")
STATUS_LDL = Kind(
    "33557-0",
    "Etat d'achèvement",
    "Statut du document",
    ("1.2.250.1.213.1.1.2.35", "1.2.250.1.213.1.1.2.35.1"),
    "LDL-SES",
)
REASON = Kind(
    "42349-1",
    "Raison de la recommandation",
    "Motif",
    ("1.3.6.1.4.1.19376.1.5.3.1.3.1", "1.2.250.1.213.1.1.2.127"),
    "LDL-SES",
)
EVENTS = Kind(
    "42545-4",
    "Evènements observés",
    "Évènements observés",
    ("1.3.6.1.4.1.19376.1.5.3.1.1.21.2.9", "1.3.6.1.4.1.19376.1.7.3.1.1.13.7", "1.2.250.1.213.1.1.2.163"),
    "DLU-EHPAD-FLUDT, LDL-SES",
)
EVENTS_LDL = Kind(
    "42545-4",
    "Evènements observés",
    "Synthèse médicale du séjour",
    (
        "1.3.6.1.4.1.19376.1.5.3.1.1.21.2.9",
        "1.3.6.1.4.1.19376.1.7.3.1.1.13.7",
        "1.2.250.1.213.1.1.2.163",
        "1.2.250.1.213.1.1.2.163.1",
    ),
    "LDL-SES",
)
STOPPED_TREATMENTS = Kind(
    "18610-6",
    "Traitements administrés",
    "Traitements arrêtés durant le séjour",
    ("1.3.6.1.4.1.19376.1.5.3.1.3.21", "1.2.250.1.213.1.1.2.145"),
    "LDL-SES",
)
DISCHARGE_TREATMENTS = Kind(
    "10183-2",
    "Traitements à la sortie",
    "Traitements à la sortie",
    ("1.3.6.1.4.1.19376.1.5.3.1.3.22", "1.2.250.1.213.1.1.2.146"),
    "LDL-SES",
)
TREATMENTS = Kind(
    "10160-0",
    "Traitements",
    "Traitements",
    ("2.16.840.1.113883.10.20.1.8", "1.3.6.1.4.1.19376.1.5.3.1.3.19", "1.2.250.1.213.1.1.2.143"),
    "DLU-EHPAD-FLUDT, TLM-DA, VSM",
)
FREE_RESULTS = Kind(
    "30954-2",
    "Résultats d'examens",
    "Résultats d’examens",
    ("1.3.6.1.4.1.19376.1.5.3.1.3.27", "1.2.250.1.213.1.1.2.150"),
    "LDL-SES, TLM-DA, VSM",
)
RESULTS = Kind(
    "30954-2",
    "Résultats d'examens",
    "Observations",
    ("1.3.6.1.4.1.19376.1.5.3.1.3.27", "1.3.6.1.4.1.19376.1.5.3.1.3.28", "1.2.250.1.213.1.1.2.151"),
    "DLU-EHPAD-FLUDT",
)
CARE_PLAN = Kind(
    "18776-5",
    "Plan de soins",
    "Suites à donner",
    ("2.16.840.1.113883.10.20.1.10", "1.3.6.1.4.1.19376.1.5.3.1.3.36", "1.2.250.1.213.1.1.2.158"),
    "LDL-SES",
)
ALLERGIES = Kind(
    "48765-2",
    "Allergies et hypersensibilités",
    "Allergies et hypersensibilités",
    ("2.16.840.1.113883.10.20.1.2", "1.3.6.1.4.1.19376.1.5.3.1.3.13", "1.2.250.1.213.1.1.2.137"),
    "VSM, LDL-SES",
)
VITAL_SIGNS = Kind(
    "8716-3",
    "Signes vitaux",
    "Signes vitaux",
    (
        "2.16.840.1.113883.10.20.1.16",
        "1.3.6.1.4.1.19376.1.5.3.1.3.25",
        "1.3.6.1.4.1.19376.1.5.3.1.1.5.3.2",
        "1.2.250.1.213.1.1.2.75",
    ),
    "DLU-EHPAD-FLUDT, TLM-DA",
)
LAST_MEAL = Kind(
    "47420-5",
    "Évaluation du statut fonctionnel",
    "Date et heure du dernier repas",
    ("1.3.6.1.4.1.19376.1.7.3.1.1.13.5", "1.2.250.1.213.1.1.2.162"),
    "DLU-EHPAD-FLUDT",
)
BELONGINGS = Kind(
    "46264-8", "Dispositifs médicaux", "Prothèses et objets personnels", ("1.2.250.1.213.1.1.2.53",), "DLU-EHPAD-FLUDT"
)
COMMENT = Kind(
    "55112-7",
    "Commentaire",
    "Commentaires",
    ("2.16.840.1.113883.10.12.201", "1.3.6.1.4.1.19376.1.4.1.2.16", "1.2.250.1.213.1.1.2.73"),
    "DLU-EHPAD-FLUDT",
)
ANAMNESIS_AND_RISKS = Kind(
    "46612-8", "Conclusions de synthèse", "Anamnèse et facteurs de risques", ("1.2.250.1.213.1.1.2.68",), "TLM-DA"
)
ANAMNESIS = Kind("34117-2", "Historique et physique", "Anamnèse", ("1.2.250.1.213.1.1.2.69",), "TLM-DA TE1")
FREE_LIFESTYLE = Kind(
    "29762-2",
    "Habitus, Mode de vie",
    "Habitus, mode de vie",
    ("2.16.840.1.113883.10.20.1.15", "1.3.6.1.4.1.19376.1.5.3.1.3.16", "1.2.250.1.213.1.1.2.140"),
    "TLM-DA TE1",
)
WORK_RISKS = Kind(
    "10161-8",
    "Facteurs de risques professionnels",
    "Facteurs de risques professionnels",
    ("1.3.6.1.4.1.19376.1.5.3.1.1.5.3.1", "1.2.250.1.213.1.1.2.74"),
    "TLM-DA TE1, VSM",
)
VSM_CONDITIONS = Kind(
    "46612-8",
    "Conclusions de synthèse",
    "Pathologies en cours, antécédents, allergies et facteurs de risques",
    ("1.2.250.1.213.1.1.2.29",),
    "VSM",
)
VSM_HISTORY = Kind(
    "34117-2",
    "Historique et physique",
    "Pathologies en cours, antécédents et allergies",
    ("1.2.250.1.213.1.1.2.30",),
    "VSM",
)
VSM_RISKS = Kind("57207-3", "Facteurs de risque", "Facteurs de risque", ("1.2.250.1.213.1.1.2.31",), "VSM")
VSM_PLAN = Kind("18776-5", "Plan de traitement", "Traitement au long cours", ("1.2.250.1.213.1.1.2.32",), "VSM")
PROBLEMS = Kind(
    "11450-4",
    "Liste des problèmes actifs",
    "Pathologies en cours",
    ("2.16.840.1.113883.10.20.1.11", "1.3.6.1.4.1.19376.1.5.3.1.3.6", "1.2.250.1.213.1.1.2.132"),
    "VSM, TLM-DA TCG",
)
HISTORY = Kind(
    "11348-0",
    "Antécédents médicaux",
    "Antécédents médicaux",
    ("1.3.6.1.4.1.19376.1.5.3.1.3.8", "1.2.250.1.213.1.1.2.134"),
    "VSM, TLM-DA TCG",
)
FREE_PROBLEMS = Kind(
    "11450-4", "Liste des problèmes actifs", "Problèmes en cours", ("1.2.250.1.213.1.1.2.176",), "CANCER-FRCP"
)
FREE_HISTORY = Kind("11348-0", "Antécédents médicaux", "Antécédents", ("1.2.250.1.213.1.1.2.2",), "CANCER-FRCP")
STORY = Kind(
    "10164-2",
    "Histoire de la maladie",
    "Histoire de la maladie",
    ("1.3.6.1.4.1.19376.1.5.3.1.3.4", "1.2.250.1.213.1.1.2.130"),
    "CANCER-FRCP",
)
BOARD_REASON = Kind(
    "42349-1",
    "Raison de la recommandation",
    "Type et motif de la RCP",
    ("1.3.6.1.4.1.19376.1.5.3.1.3.1", "1.3.6.1.4.1.19376.1.5.3.1.3.2", "1.2.250.1.213.1.1.2.128"),
    "CANCER-FRCP",
)
BOARD_FILE = Kind(
    "21874-3",
    "Statut du dossier présenté en RCP",
    "Dossier présenté à la RCP",
    ("1.2.250.1.213.1.1.2.33",),
    "CANCER-FRCP",
)
BOARD_FRAME = Kind(
    "35510-7",
    "Essais cliniques - Informations générales",
    "Cadre de la proposition thérapeutique",
    ("1.2.250.1.213.1.1.2.175",),
    "CANCER-FRCP",
)
FREE_EVENTS = Kind("42545-4", "Evènements observés", "Évènements observés", (), "LDL-SES")
FREE_TREATMENTS = Kind("10160-0", "Traitements", "Traitements", (), "TLM-DA")
FREE_ALLERGIES = Kind("48765-2", "Allergies et hypersensibilités", "Allergies et hypersensibilités", (), "VSM")
FREE_PLAN = Kind("18776-5", "Plan de soins", "Suites à donner", (), "LDL-SES")
FREE_VITAL_SIGNS = Kind("8716-3", "Signes vitaux", "Signes vitaux", (), "DLU-EHPAD-FLUDT")
FREE_VACCINES = Kind("11369-6", "Historique des vaccinations", "Vaccinations", (), "VAC")
FREE_FUNCTION = Kind("46006-3", "Fonctions physiques", "Autonomie", (), "ANEST-CR-CPA, CANCER-FRCP")

Text = str | Node | tuple[Node | str, ...]
"""What a template takes for the text of a section: a paragraph, or blocks of `narrative`."""


def section(
    kind: Kind, text: Text = (), *, entries: Iterable[Entry] = (), sections: Iterable[Section] = (), title: str = ""
) -> Section:
    return Section(
        title=title or kind.title,
        code=loinc(kind.code, kind.display),
        narrative=blocks(text),
        entries=tuple(entries),
        sections=tuple(sections),
        template_ids=tuple(Identifier(root) for root in kind.templates),
    )


def blocks(text: Text) -> tuple[Node | str, ...]:
    """Words alone become paragraphs, one for each blank line between them."""
    if isinstance(text, Node):
        return (text,)
    if isinstance(text, tuple):
        return text
    return tuple(paragraph(part) for part in text.replace("\r\n", "\n").split("\n\n") if part.strip())


def optional(kind: Kind, text: Text, *, title: str = "") -> tuple[Section, ...]:
    """The section, or nothing when there is no text."""
    return (section(kind, text, title=title),) if blocks(text) else ()
