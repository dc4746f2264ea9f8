"""Fiche de réunion de concertation pluridisciplinaire (FRCP 2022.01), 34794-8, of a board by organ. Claims its model.

Source: example CANCER-FRCP 2022.01, with the cardinalities its comments give. The five compulsory sections have their coded
entries. The optional coded ones (diagnosis with TNM, performance status, conclusions of surgery and pathology) are not written: what
they would hold is told in words in the story of the case. Boards of supportive care (ORG-132) have another shape: not written here.
The header bears the network, the centre and the board as ids of the encounter, and the topography as a second documented act.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from maison.formats.cda import entries as coded
from maison.formats.cda import entries_tree as tree
from maison.formats.cda import oids, sections
from maison.formats.cda.builder import Envelope, document_type, structured
from maison.formats.cda.entries_tree import Observed
from maison.formats.cda.model import Code, Document, Identifier, Section, Service
from maison.formats.cda.moment import Moment
from maison.formats.cda.narrative import Node, bold, facts, marked, paragraph, table
from maison.formats.cda.sections import Text, blocks, optional, section
from maison.formats.cda.templates.parts import status_section

MODEL = Identifier("1.2.250.1.213.1.1.1.8", "2022.01")
_YES_NO = {True: "Oui", False: "Non"}


def _asip(code: str, display: str) -> Code:
    return Code(code, display, oids.TA_ASIP, oids.NAMES[oids.TA_ASIP])


class Proposal(Struct, frozen=True):
    """`treatment` is of JDV_TypeTraitement_FRCP. `intent` 1 is the first intention, 2 and more the alternatives."""

    treatment: Code
    intent: int = 1
    detail: str = ""


class TumourBoard(Struct, frozen=True, kw_only=True):
    """`network`, `centre` and `board` make the title, as CI-SIS wants: « FRCP réseau / 3C / RCP », without any identity.

    `system` is of JDV_RCP_Appareil, `organs` of JDV_RCP_Organe, `topography` of JDV_Tumeur. `is_registered`: the case follows a
    guideline and is registered only (`guideline` is then compulsory); otherwise it was discussed. `has_quorum` None: not known.
    """

    network: str
    centre: str
    board: str
    system: Code
    organs: tuple[Code, ...]
    topography: Code
    is_registered: bool
    is_complete: bool
    has_quorum: bool | None
    from_screening: bool
    asks_diagnosis: bool = False
    asks_treatment: bool = True
    is_referral: bool = False
    is_paediatric: bool = False
    proposals: tuple[Proposal, ...] = ()
    further_tests: tuple[str, ...] = ()
    monitoring: str = ""
    goes_to_referral_board: bool = False
    guideline: str = ""
    guideline_date: Moment | None = None
    in_trial: bool = False
    case_and_question: Text = ()
    tumour: Text = ()
    function: Text = ()
    past_treatments: Text = ()
    history: Text = ()
    problems: Text = ()
    results: Text = ()
    comment: Text = ()
    status: str = "approved"


def tumour_board(envelope: Envelope, sheet: TumourBoard) -> Document:
    """ValueError when the sheet proposes nothing, names no organ, or registers a case without its guideline."""
    if not sheet.organs:
        raise ValueError("a board by organ names an organ")
    if sheet.is_registered and not sheet.guideline:
        raise ValueError("a registered case names its guideline")
    if not (sheet.proposals or sheet.further_tests or sheet.monitoring or sheet.goes_to_referral_board):
        raise ValueError("a board proposes something")
    marks = coded.Marks(envelope.id)
    at = envelope.service.start or envelope.created
    body = [
        _reason(marks, sheet, at),
        *optional(sections.STORY, _story(sheet), title="Synthèse du cas et question posée"),
        _plan(marks, sheet),
        *_frame(marks, sheet),
        _file(marks, sheet),
        _discovery(marks, sheet, at),
        *optional(sections.FREE_HISTORY, sheet.history),
        *optional(sections.FREE_PROBLEMS, sheet.problems),
        *optional(sections.FREE_RESULTS, sheet.results),
        *optional(sections.COMMENT, sheet.comment),
        status_section(
            marks, sections.STATUS, sheet.status, at=envelope.created, templates=("1.2.250.1.213.1.1.3.48.16",)
        ),
    ]
    act = Service(code=sheet.topography)
    return structured(
        replace(envelope, other_services=(*envelope.other_services, act)),
        code=document_type("34794-8"),
        title=f"FRCP {sheet.network} / {sheet.centre} / {sheet.board}",
        sections=body,
        model=MODEL,
    )


def _reason(marks: coded.Marks, sheet: TumourBoard, at: Moment) -> Section:
    nature, system, organ, referral, child, motive = (marks.mark() for _each in range(6))
    case = _asip("ORG-128", "Cas enregistré") if sheet.is_registered else _asip("ORG-134", "Cas discuté")
    asked = [
        ("Avis diagnostique", _asip("MED-235", "Avis diagnostique"), sheet.asks_diagnosis),
        (
            "Proposition thérapeutique",
            _asip("ORG-114", "Proposition de traitement (dont ajustement et surveillance)"),
            sheet.asks_treatment,
        ),
        ("Recours", _asip("ORG-115", "Recours"), sheet.is_referral),
        ("Pédiatrie", _asip("ORG-116", "Pédiatrie"), sheet.is_paediatric),
    ]
    named = [(name, code, value, marks.mark()) for name, code, value in asked]
    state = marks.mark()
    organs = ", ".join(one.display for one in sheet.organs)
    kind = facts(
        [
            ("Nature de la discussion", marked("RCP par appareil et organe", nature)),
            ("Appareil", marked(sheet.system.display, system)),
            ("Organe", marked(organs, organ)),
            ("RCP de recours", marked(_YES_NO[sheet.is_referral], referral)),
            ("RCP pédiatrique", marked(_YES_NO[sheet.is_paediatric], child)),
        ],
        caption="Type de RCP",
    )
    motives = facts(
        [
            ("Statut du cas", marked(case.display, state)),
            *((name, marked(_YES_NO[value], mark)) for name, _code, value, mark in named),
            ("Motif", marked(", ".join(name for name, _code, value, _mark in named if value) or "Autre", motive)),
        ],
        caption="Motif de la RCP",
    )
    of_kind = Observed(
        _asip("ORG-118", "Appareil concerné"),
        sheet.system,
        system,
        (
            *(Observed(_asip("ORG-119", "Organe"), one, organ) for one in sheet.organs),
            Observed(_asip("ORG-184", "RCP de recours"), sheet.is_referral, referral, at=at),
            Observed(_asip("ORG-185", "RCP pédiatrique"), sheet.is_paediatric, child),
        ),
        "SUBJ",
    )
    of_motives = Observed(
        _asip("ORG-186", "Motif de la RCP"),
        None,
        motive,
        (
            *(Observed(code, value, mark, at=at) for _name, code, value, mark in named),
            Observed(_asip("ORG-127", "Statut du cas présenté"), case, state),
        ),
        "SUBJ",
    )
    discussion = Observed(
        _asip("GEN-098", "Nature de la discussion"),
        _asip("ORG-117", "RCP Appareil - Organes"),
        nature,
        (of_kind, of_motives),
    )
    entries = [tree.observed(marks, discussion), tree.reason(marks, mark=motive, at=at)]
    return section(sections.BOARD_REASON, (kind, motives), entries=entries)


def _story(sheet: TumourBoard) -> tuple[Node | str, ...]:
    out: list[Node | str] = [*blocks(sheet.case_and_question)]
    for name, text in (
        ("Tumeur", sheet.tumour),
        ("État général et autonomie", sheet.function),
        ("Traitements passés ou en cours", sheet.past_treatments),
    ):
        if blocks(text):
            out += [paragraph(bold(name)), *blocks(text)]
    return tuple(out)


def _plan(marks: coded.Marks, sheet: TumourBoard) -> Section:
    words: list[Node] = []
    entries = []
    if sheet.proposals:
        named = [(one, rank, marks.mark()) for rank, one in enumerate(sheet.proposals, 1)]
        rows: list[list[Node | str]] = [
            [
                "Première intention" if one.intent == 1 else f"Alternative {one.intent - 1}",
                marked(one.treatment.display.capitalize(), mark),
                one.detail,
            ]
            for one, _rank, mark in named
        ]
        words.append(table(["Intention", "Traitement", "Précision"], rows, caption="Propositions thérapeutiques"))
        entries += [tree.proposal(marks, one.treatment, mark=mark, rank=rank) for one, rank, mark in named]
    tests = [(test, marks.mark()) for test in sheet.further_tests]
    if tests:
        words.append(
            table([], [[marked(test, mark)] for test, mark in tests], caption="Examens et expertises à obtenir")
        )
        entries += [tree.further_test(marks, mark=mark) for _test, mark in tests]
    told, asked = marks.mark(), marks.mark()
    more: list[tuple[str, Node | str]] = []
    if sheet.monitoring:
        more.append(("Surveillance", marked(sheet.monitoring, told)))
        entries.append(tree.meeting(marks, _asip("MED-226", "Surveillance seule"), mark=told))
    if sheet.goes_to_referral_board:
        more.append(("Passage en RCP de recours", marked("Oui", asked)))
        entries.append(tree.meeting(marks, _asip("ORG-120", "Passage en RCP recours"), mark=asked))
    if more:
        words.append(facts(more))
    return section(sections.CARE_PLAN, tuple(words), entries=entries, title="Proposition de la RCP")


def _frame(marks: coded.Marks, sheet: TumourBoard) -> Iterable[Section]:
    if not (sheet.guideline or sheet.in_trial):
        return
    rows: list[tuple[str, Node | str]] = []
    entries = []
    if sheet.guideline:
        mark = marks.mark()
        rows.append(("Référentiel de pratique clinique", marked(sheet.guideline, mark)))
        if sheet.guideline_date:
            rows.append(("Date du référentiel", str(sheet.guideline_date)))
        code = _asip("MED-249", "Recommandation/référentiel de pratique clinique")
        entries.append(tree.guideline(marks, code, mark=mark, at=sheet.guideline_date))
    trial = marks.mark()
    rows.append(("Proposition d’inclusion dans un essai clinique", marked(_YES_NO[sheet.in_trial], trial)))
    code = _asip("MED-250", "Proposition d'inclusion dans un essai clinique")
    entries.append(tree.observed(marks, Observed(code, sheet.in_trial, trial)))
    yield section(sections.BOARD_FRAME, facts(rows), entries=entries)


def _file(marks: coded.Marks, sheet: TumourBoard) -> Section:
    quorum = {
        True: _asip("ORG-126", "Quorum atteint"),
        False: _asip("ORG-133", "Quorum non atteint"),
        None: _asip("GEN-010", "Ne sait pas"),
    }[sheet.has_quorum]
    whole, reached = marks.mark(), marks.mark()
    words = facts(
        [("Dossier complet", marked(_YES_NO[sheet.is_complete], whole)), ("Quorum", marked(quorum.display, reached))]
    )
    parts = [
        Observed(_asip("GEN-100", "Dossier complet"), sheet.is_complete, whole),
        Observed(_asip("ORG-125", "Quorum RCP"), quorum, reached),
    ]
    entry = tree.board_file(marks, _asip("GEN-099", "Information RCP"), parts)
    return section(sections.BOARD_FILE, words, entries=[entry])


def _discovery(marks: coded.Marks, sheet: TumourBoard, at: Moment) -> Section:
    mark = marks.mark()
    words = facts([("Patient issu du dépistage", marked(_YES_NO[sheet.from_screening], mark))])
    code = Code("63921-1", "Dépistage du cancer", oids.LOINC, oids.NAMES[oids.LOINC])
    entry = tree.observed(marks, Observed(code, sheet.from_screening, mark, at=at))
    return section(sections.EVENTS, words, entries=[entry], title="Mode de découverte du cancer")
