"""RPU: the controls R01 to R13 of the regional observatory."""

from __future__ import annotations

from maison.formats import rpu
from maison.formats.rpu.faults import Fault as Found
from maison.interop.conformance.grading import MAX_BYTES, Findings, Sample, unreadable
from maison.interop.conformance.places import XmlPlaces
from maison.interop.conformance.report import Fault, Severity

SOURCE = "Format RPU 2006 modifié 2013 (OSCOUR) ; arrêté du 24 juillet 2013 ; contrôles de l’observatoire régional"
_WHY = {
    "R02": "L’observatoire ne prend que les fichiers d’établissements qu’il reconnaît.",
    "R03": "Le fichier remplace les passages de sa période : une entrée hors d’elle ferait un doublon.",
    "R04": "Sans heure d’entrée, le passage ne peut pas être compté.",
    "R05": "Une durée négative fausse tous les indicateurs.",
    "R06": "Une durée aussi longue vient presque toujours d’une sortie mal saisie.",
    "R07": "L’âge sert à la veille sanitaire : une naissance impossible la fausse.",
    "R08": "Un code hors liste est vidé à l’intégration ; au-delà de 10 % des passages, le fichier est refusé.",
    "R09": "Des codes qui se contredisent rendent le parcours du patient illisible.",
    "R10": "Sexe et diagnostic se contredisent : l’un des deux est faux.",
    "R11": "Le même passage compté deux fois fausse l’activité.",
    "R12": "Gravité et mode de sortie se contredisent.",
    "R13": "L’analyse demande au moins 80 % de diagnostics renseignés.",
}
_MEND = {
    "R02": "Vérifiez le numéro FINESS de l’entité géographique et ORDRE.",
    "R03": "Accordez DATEDEBUT et DATEFIN avec les entrées, au format JJ/MM/AAAA.",
    "R04": "Renseignez ENTREE au format JJ/MM/AAAA hh:mm.",
    "R05": "Vérifiez ENTREE et SORTIE.",
    "R06": "Vérifiez la date de sortie.",
    "R07": "Vérifiez NAISSANCE ; laissez-la vide en cas d’anonymat.",
    "R08": "Prenez un code de la liste officielle, ou laissez l’élément vide.",
    "R09": "Accordez modes, provenance, destination et orientation.",
    "R10": "Vérifiez SEXE et DP.",
    "R11": "N’envoyez chaque passage qu’une fois.",
    "R12": "Vérifiez GRAVITE et MODE_SORTIE.",
    "R13": "Renseignez DP, en CIM-10, dès la sortie.",
}


def check(sample: Sample) -> Findings:
    try:
        file = rpu.read(sample.data, MAX_BYTES)
    except rpu.UnreadableFile as problem:
        fault = unreadable(problem.message, SOURCE, rule=problem.code, line=problem.line, column=problem.column)
        return Findings(kind="Fichier de passages", faults=[fault])
    verdict = rpu.check(file)
    places = XmlPlaces(sample.data)
    about, counts = file.establishment, verdict.counts
    return Findings(
        kind="Fichier de passages",
        version="OSCOUR 2013",
        faults=[_fault(found, places) for found in verdict.all_faults],
        understood=[
            ("Établissement (FINESS)", about.finess[:9]),
            ("Service (ORDRE)", about.order[:20]),
            ("Période", " au ".join(f"{one:%d/%m/%Y}" for one in (about.first_day, about.last_day) if one)),
            ("Extrait le", f"{about.extracted_at:%d/%m/%Y %H:%M}" if about.extracted_at else ""),
            ("Fichier", "intégré" if verdict.is_integrated else "rejeté"),
            (
                "Passages",
                f"{len(file.passages)} : {counts['accepted']} acceptés, {counts['alert']} avec alerte, {counts['rejected']} rejetés",
            ),
        ],
    )


def _fault(found: Found, places: XmlPlaces) -> Fault:
    severity = Severity.WARNING if found.weight == "alert" else Severity.ERROR
    line = found.line or places.of_path(f"/OSCOUR/{found.place}")[0]
    return Fault(severity, found.place, found.message, _WHY[found.rule], _MEND[found.rule], found.rule, SOURCE, line)
