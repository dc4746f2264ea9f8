"""Exact stories, always the same, for journeys and demonstrations: who, what, when, to the byte.

A story returns the messages in order with the seconds to wait from its beginning. Played twice at the same `opened_at`
it gives the same bytes; played at another moment it gives another case, so that a base may hold several.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from maison_region.chance import dice
from maison_region.facilities import PURPAN, RANGUEIL, SAMUS, SMUR_BASES, fictional_mobile
from maison_region.geography import COMMUNES, Point
from maison_region.messages import (
    CaseNumbers,
    Resource,
    caller_of,
    case_status,
    create_case,
    decision,
    medical_note,
    patient_object,
)
from maison_region.patients import Patient, test_ins
from maison_region.people import professional
from maison_region.reasons import REASONS
from maison_region.script import CaseScript

EMERGENCY = "urgences_adultes"

STORY_LABELS = {
    "alert": "Claude est tombé près de Revel : dossier ouvert, orienté vers les urgences de Rangueil",
    "engaged": "VSAV de Revel et SMUR de Toulouse déclenchés",
    "departure": "les équipes partent",
    "on_scene": "les équipes sont auprès de Claude",
    "assessment": "bilan du SMUR",
    "transport": "départ vers Rangueil",
    "redirection": "réorientation vers Purpan",
    "cancellation": "finalement, Claude reste chez lui",
    "done": "dossier achevé",
}


@dataclass(frozen=True, slots=True)
class StoryMessage:
    """`step` names the moment in the story; `delay_seconds` is counted from the call."""

    step: str
    delay_seconds: float
    client_id: str
    case_id: str
    body: bytes


def claude(born_for: date) -> Patient:
    """Claude Sureau, 82 years old on that day: the patient of journey J1. Lives near Revel, alone."""
    born_on = (
        date(born_for.year - 82, 2, 14)
        if (born_for.month, born_for.day) >= (2, 14)
        else date(born_for.year - 83, 2, 14)
    )
    revel = COMMUNES["31451"]
    return Patient(
        family_name="Sureau",
        given_name="Claude",
        sex="M",
        born_on=born_on,
        birth_place=revel.insee,
        ins=test_ins("M", born_on, revel.insee, 982),
        phone=fictional_mobile(182),
        street_number="12",
        street="chemin du Lac",
        commune=revel,
        home=Point(43.4468, 2.0132),
    )


SMUR_TOULOUSE = next(vehicle for vehicle in SMUR_BASES["310783048"].vehicles if vehicle.type == "SMUR.VLM")
VLM = Resource(SMUR_TOULOUSE.id, SMUR_TOULOUSE.type, SMUR_TOULOUSE.name, SMUR_BASES["310783048"].hub_id, "MED", "31555")
VSAV = Resource(
    "fr.fire.sis031.cta-031.resource.VSAV-31451-1", "SIS.VSAV", "VSAV Revel", "fr.fire.sis031", "SECOURS", "31451"
)


def claude_falls(opened_at: datetime, *, rank: int | None = None) -> list[StoryMessage]:
    """J1, « Claude, 82 ans, chute à domicile près de Revel ».

    Steps: `alert` (RS-EDA with the orientation to the adult emergency department of Rangueil), `engaged` (RS-RI: a VSAV
    and a SMUR), statuses `departure` … `transport`, `assessment` (a note), `redirection` (to Purpan), `cancellation`
    (Claude goes back home after all), `done`.
    """
    local_second = opened_at.hour * 3600 + opened_at.minute * 60 + opened_at.second
    numbers = CaseNumbers(SAMUS["31"], opened_at, local_second if rank is None else rank)
    script = CaseScript(numbers, dice(31, "J1", opened_at.isoformat(), numbers.rank))
    steps: list[str] = []
    regulator = professional("Tramontane").full_name
    day = opened_at.date()
    patient = claude(day)
    reason = next(reason for reason in REASONS if reason.name == "chute")

    def after(seconds: float) -> datetime:
        return opened_at + timedelta(seconds=seconds)

    def named(step: str) -> None:
        steps.extend([step] * (len(script.sendings) - len(steps)))

    script.create(
        after(150),
        create_case(
            numbers,
            reason=reason,
            place="maison",
            patient=patient,
            where=patient.home,
            caller=caller_of("Maryse Sureau", fictional_mobile(31), "FAMILLE", communication="PANIQUE"),
            origin="15",
            priority="P1",
            attribution="DRM.MRU.MU",
            people=[patient_object(numbers, patient, day, care_level="R1", diagnosis=reason.diagnosis, known=True)],
            notes=[
                medical_note(
                    numbers, 1,
                    "Chute de sa hauteur dans la cuisine, au sol depuis deux heures. Jambe gauche raccourcie, très douloureux. "
                    "Sous anticoagulant, plaie du cuir chevelu. Conscient.",
                    after(140), regulator,
                )
            ],
            decisions=[
                decision(numbers, "INTER", after(140), regulator, resource="SMUR"),
                decision(numbers, "ORIENT", after(145), regulator, to=(RANGUEIL, EMERGENCY), medical=True, resource="SMUR"),
            ],
            care_level="R1",
            details="Maison aux volets bleus après le pont. Clé chez la voisine.",
        ),
    )  # fmt: skip
    named("alert")
    script.engage(
        after(180),
        [
            (VLM, [("DECISION", after(140)), ("DECLENCHE", after(180))]),
            (VSAV, [("DECISION", after(140)), ("DECLENCHE", after(180))]),
        ],
    )
    named("engaged")
    script.status(after(240), VSAV, "DEPART")
    script.status(after(330), VLM, "DEPART")
    named("departure")
    script.status(after(720), VSAV, "ARRIVEE")
    script.status(after(840), VSAV, "PEC")
    script.status(after(2700), VLM, "ARRIVEE")
    script.status(after(2820), VLM, "PEC")
    named("on_scene")
    script.update(
        after(3600),
        medicalNote=[
            medical_note(
                numbers, 2, "Bilan SMUR : FC 92/min, PAS 138 mmHg, SpO2 96 %, Glasgow 15. Suspicion de fracture du col du fémur gauche, antalgie faite.",
                after(3590), professional("Cyprès").full_name,
            )
        ],
    )  # fmt: skip
    script.status(after(3605), VLM, "BILAN")
    named("assessment")
    script.status(after(4200), VSAV, "TRANSP")
    script.status(after(4205), VLM, "TRANSP")
    named("transport")
    script.update(
        after(4800),
        medicalNote=[
            medical_note(
                numbers, 3, "Scanner de Rangueil indisponible, réorientation vers Purpan.", after(4790), regulator
            )
        ],
        decision=[
            decision(numbers, "ORIENT", after(4800), regulator, to=(PURPAN, EMERGENCY), medical=True, resource="SMUR")
        ],
    )
    named("redirection")
    script.update(
        after(5400),
        medicalNote=[
            medical_note(
                numbers, 4, "Refus de transport signé, retour au domicile avec sa fille.", after(5390), regulator
            )
        ],
        decision=[decision(numbers, "ORIENT", after(5400), regulator, orientation="DOMICILE")],
    )
    named("cancellation")
    script.status(after(5460), VSAV, "RETOUR")
    script.status(after(5465), VLM, "RETOUR")
    script.update(after(5700), qualification=case_status("ACHEVE"))
    named("done")
    return [
        StoryMessage(step, (sending.at - opened_at).total_seconds(), sending.client_id, sending.case_id, sending.body())
        for step, sending in zip(steps, script.sendings, strict=True)
    ]


def until(messages: list[StoryMessage], step: str) -> list[StoryMessage]:
    """The story up to this step, included."""
    last = max(index for index, message in enumerate(messages) if message.step == step)
    return messages[: last + 1]


def only(messages: list[StoryMessage], step: str) -> list[StoryMessage]:
    return [message for message in messages if message.step == step]
