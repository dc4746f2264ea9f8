"""HL7 v2: the French profiles of identities, movements, documents, imaging and identity queries."""

from __future__ import annotations

from maison.formats.hl7v2 import mllp, wire
from maison.formats.hl7v2.faults import Fault as Found
from maison.formats.hl7v2.tables import EVENTS
from maison.interop.conformance.grading import Findings, Sample, unreadable
from maison.interop.conformance.places import UNKNOWN, Hl7Places, text_of
from maison.interop.conformance.report import Fault, Severity

BASE = "HL7 2.5 à 2.6"
_SOURCES = {
    "ADT": "IHE PAM, extension française 2.11 (Interop’Santé)",
    "MDM": "ANS CI-SIS, transmission d’un document CDA en HL7v2 2.1 ; MSSanté vers le logiciel 1.1",
    "ORU": "ANS CI-SIS, transmission d’un document CDA en HL7v2 2.1 ; téléradiologie 1.0",
    "ORM": "ANS CI-SIS, téléradiologie 1.0",
    "OMI": "ANS CI-SIS, téléradiologie 1.0",
    "QBP": "IHE ITI, PDQ et PIX",
    "RSP": "IHE ITI, PDQ et PIX",
}
_WHY = {
    "required": "Le profil rend ce champ obligatoire : un destinataire répond AE ou AR.",
    "segment-missing": "Le profil rend ce segment obligatoire : un destinataire répond AE ou AR.",
    "segment-unexpected": "Un destinataire strict refuse un segment de trop, ou ne lit que le premier.",
    "segment-name": "Un segment sans nom juste n’est lu par personne : ce qu’il porte est perdu.",
    "segment-order": "L’ordre des segments dit leur groupe : ailleurs, ils se rattachent à autre chose.",
    "type": "Une valeur qui n’est pas de son type est ignorée ou fait refuser le message.",
    "table": "Un code hors de sa table n’a de sens que pour son émetteur.",
    "length": "Un destinataire peut couper une valeur trop longue, ou refuser le message.",
    "identifier": "Un identifiant faux désigne une autre personne ou personne.",
    "charset": "Les lettres accentuées des noms seront fausses à l’arrivée.",
    "event": "L’événement décide de ce que le destinataire fait : il ne saura pas que faire.",
    "message-type": "Aucun profil français de la maison ne couvre ce type : le contenu n’est pas contrôlé.",
    "processing": "Un message de test peut être pris pour un vrai, ou l’inverse.",
    "version": "Le destinataire lit selon la version annoncée.",
    "delimiters": "Un lecteur qui suppose les séparateurs habituels lit tout de travers.",
    "framing": "Ces octets n’ont pas leur place dans un fichier ; la plupart des lecteurs les tolèrent.",
}
_MEND = {
    "required": "Renseignez ce champ.",
    "segment-missing": "Ajoutez ce segment à sa place.",
    "segment-unexpected": "Retirez ce segment, ou vérifiez le type d’événement.",
    "segment-name": "Écrivez le nom du segment en trois caractères : une lettre, puis des lettres ou chiffres.",
    "segment-order": "Remettez les segments dans l’ordre du standard.",
    "type": "Écrivez la valeur dans la forme du type : date AAAAMMJJhhmmss, nombre, identifiant à composantes.",
    "table": "Prenez un code de la table citée.",
    "length": "Raccourcissez la valeur.",
    "identifier": "Vérifiez le numéro, sa clé, son domaine (autorité d’affectation) et son type.",
    "charset": "Déclarez en MSH-18 le jeu de caractères réellement employé : « UNICODE UTF-8 » de préférence.",
    "event": "Accordez MSH-9, EVN-1 et les segments du mouvement.",
    "message-type": "Vérifiez MSH-9, ou demandez à la plateforme d’ajouter ce profil.",
    "processing": "Mettez P (production), T (test) ou D (mise au point) en MSH-11.",
    "version": "Écrivez en MSH-12 la version du profil, par exemple 2.5^FRA^2.11.",
    "delimiters": "Employez « |^~\\& » ; un retour à la ligne s’écrit \\.br\\.",
    "framing": "Enregistrez le message seul, sans cadrage ni marque d’ordre des octets.",
}
_MERE_REMARKS = frozenset({"framing", "delimiters"})


def check(sample: Sample) -> Findings:
    framed: list[Fault] = []
    data = sample.data
    if sample.found.is_framed:
        data, framed = _unframed(sample)
    try:
        message = wire.read_message(data)
    except wire.UnreadableMessage as problem:
        return Findings(faults=[*framed, unreadable(problem.message, BASE, rule=problem.code, line=1)])
    faults = wire.validate(message)
    places = Hl7Places(text_of(sample.data))
    source = _SOURCES.get(message.kind, BASE)
    header = message.header
    understood = [
        ("Événement", EVENTS.get(message.event, "") if message.kind == "ADT" else ""),
        ("Application émettrice", header.value(3) or ""),
        ("Application destinataire", header.value(5) or ""),
        ("Daté de", header.value(7) or ""),
        ("Mode", {"P": "production", "T": "test", "D": "mise au point"}.get(header.value(11) or "", "")),
        ("Jeu de caractères", message.charset),
        ("Segments", " ".join(dict.fromkeys(row[0] for row in message.rows if len(row[0]) == 3))[:200]),
    ]
    return Findings(
        kind=" ; ".join([message.structure, *message.profiles[:3]])[:200],
        version=message.version,
        faults=[*framed, *(_fault(found, places, source) for found in faults if not _is_said(found, framed))],
        understood=understood,
    )


def _is_said(found: Found, framed: list[Fault]) -> bool:
    return bool(framed) and found.code == "framing"


def _unframed(sample: Sample) -> tuple[bytes, list[Fault]]:
    """The first message of the stream; what else is there is said."""
    decoder = mllp.Decoder(limit=len(sample.data))
    items = [*decoder.feed(sample.data), *decoder.close()]
    frames = [item.data for item in items if isinstance(item, mllp.Frame)]
    faults = [
        _remark("" if item.reason != "unfinished" else "MLLP", item.french, Severity.WARNING)
        for item in items
        if isinstance(item, mllp.Noise)
    ]
    if len(frames) > 1:
        faults.append(
            _remark("MLLP", f"{len(frames)} messages se suivent : seul le premier est contrôlé.", Severity.REMARK)
        )
    if frames and not sample.data.rstrip(b"\n").endswith(mllp.TRAILER):
        faults.append(_remark("MLLP", "Le retour chariot qui suit l’octet FS manque.", Severity.WARNING))
    return (frames[0] if frames else sample.data), faults


def _remark(path: str, what: str, severity: Severity) -> Fault:
    why = "Le cadrage MLLP dit où finit le message : un destinataire strict attend la suite ou coupe la connexion."
    return Fault(
        severity,
        path,
        what,
        why,
        "Encadrez chaque message par VT (0B) et FS CR (1C 0D).",
        "framing",
        f"{BASE}, annexe C",
    )


def _fault(found: Found, places: Hl7Places, source: str) -> Fault:
    severity = Severity.ERROR if found.severity == "error" else Severity.WARNING
    if severity is Severity.WARNING and found.code in _MERE_REMARKS:
        severity = Severity.REMARK
    line, column = places.of(found.place) if found.place else UNKNOWN
    return Fault(
        severity, found.place, found.message,
        _WHY.get(found.code, "Un destinataire qui suit le profil peut refuser le message."),
        _MEND.get(found.code, "Accordez ce point avec le profil."),
        f"{found.code} (table 0357 : {found.condition})", source, line, column,
    )  # fmt: skip
