"""Hub Santé: EDXL-DE envelopes and bare use cases, with the verdict of the official schemas."""

from __future__ import annotations

import json
from typing import Any, Literal

from lxml import etree

from maison.formats.hub_sante import wire
from maison.formats.hub_sante.envelope import Content
from maison.formats.hub_sante.faults import Fault as Found
from maison.formats.hub_sante.xml import document_from_xml
from maison.interop.conformance.grading import Findings, Sample, unreadable
from maison.interop.conformance.places import UNKNOWN, JsonPlaces, Position, XmlPlaces, local, steps_of, text_of
from maison.interop.conformance.report import Fault, Severity

MODELS = "26.07.29"
SOURCE = f"SAMU-Hub-Modeles {MODELS} (ANS) ; EDXL-DE 2.0 (OASIS)"
NOMENCLATURES = f"Nomenclatures du Hub Santé {MODELS} (ANS)"

_REFUSED = "Le Hub Santé refuse tout message qui ne suit pas le schéma publié, et répond RS-ERROR."
_WHY = {
    "required": "Le destinataire s’appuie sur cette donnée : sans elle, le Hub Santé refuse le message.",
    "unknown": "Les schémas n’admettent aucun champ de plus : le Hub Santé refuse le message.",
    "unknown_code": "Un destinataire qui contrôle la nomenclature peut refuser ce code ou ne pas savoir l’afficher.",
}
_MEND = {
    "required": "Ajoutez ce champ à cet endroit.",
    "unknown": "Retirez ce champ, ou vérifiez l’orthographe de son nom (majuscules comprises) et sa place.",
    "type": "Écrivez la valeur dans le type attendu : un nombre sans guillemets, une liste entre crochets.",
    "enum": "Choisissez un des codes admis, à la majuscule près.",
    "pattern": "Réécrivez la valeur dans la forme attendue.",
    "min_items": "Ajoutez au moins un élément à la liste, ou retirez la liste si elle est facultative.",
    "max_items": "Retirez les éléments en trop.",
    "one_of": "Gardez un seul cas d’usage par message, sous son nom officiel.",
    "unknown_code": "Prenez un code de la version en vigueur de la nomenclature.",
}


def check(sample: Sample) -> Findings:
    expected = wire.BY_CODE.get(sample.expected)
    data = _unwrapped(sample)
    understood: list[tuple[str, str]] = [
        (
            "Écriture",
            f"{sample.found.syntax.upper()}, {'enveloppe EDXL-DE' if sample.found.is_enveloped else 'sans enveloppe'}",
        )
    ]
    try:
        if sample.found.is_enveloped:
            envelope = wire.read_envelope(data)
            contents = envelope.contents
            understood += [
                ("Émetteur", envelope.sender_id),
                ("Destinataire", envelope.recipient_id),
                ("Envoyé le", envelope.sent_at),
                ("Nature et statut", f"{envelope.kind}, {envelope.status}"),
            ]
        else:
            contents = [wire.read_message(data, expected)]
    except wire.UnreadableMessage as problem:
        return Findings(
            version=MODELS, understood=understood,
            faults=[unreadable(problem.message, SOURCE, rule=problem.code, **_where(sample))],
        )  # fmt: skip
    except wire.InvalidMessage as problem:
        places = _Places(sample)
        faults = [_fault(found, places) for found in problem.faults]
        kind = expected or places.kind
        return Findings(
            kind=f"{kind.code}, {kind.label}" if kind else "", version=MODELS, faults=faults, understood=understood
        )
    places = _Places(sample)
    return Findings(
        kind=" ; ".join(f"{one.type.code}, {one.type.label}" for one in contents),
        version=MODELS,
        faults=[_unknown(one, places) for content in contents for one in wire.unknown_codes(content)],
        understood=[*understood, *_header(contents[0])],
    )


def _header(content: Content) -> list[tuple[str, str]]:
    header = content.header
    if header is None:
        return []
    return [("Identifiant du message", header.message_id), ("En-tête envoyé le", header.sent_at)]


def _unwrapped(sample: Sample) -> bytes:
    """`{"message": {…}}` is how some save the content of an envelope: read as the message itself."""
    data = sample.data
    if sample.found.syntax != "json" or sample.found.is_enveloped:
        return data
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return data
    if isinstance(document, dict) and set(document) == {"message"} and isinstance(document["message"], dict):
        return json.dumps(document["message"], ensure_ascii=False).encode("utf-8", "surrogatepass")
    return data


def _where(sample: Sample) -> dict[Literal["line", "column"], int]:
    """Where the reading stopped."""
    try:
        if sample.found.syntax == "json":
            json.loads(text_of(sample.data))
        elif b"<!DOCTYPE" not in sample.data and b"<!ENTITY" not in sample.data:
            etree.fromstring(sample.data.lstrip(), etree.XMLParser(resolve_entities=False, no_network=True))
    except json.JSONDecodeError as error:
        return {"line": error.lineno, "column": error.colno}
    except etree.XMLSyntaxError as error:
        return {"line": error.lineno or 0, "column": error.offset or 0}
    except (ValueError, RecursionError):
        return {}
    return {}


def _fault(found: Found, places: _Places) -> Fault:
    why, mend = _WHY.get(found.rule, _REFUSED), _MEND[found.rule]
    line, column = places.of(found)
    return Fault(
        Severity.ERROR, found.place, found.message, why, mend, f"{found.rule} : {found.official}"[:300], SOURCE, line, column
    )  # fmt: skip


def _unknown(found: Found, places: _Places) -> Fault:
    line, column = places.of(found)
    return Fault(
        Severity.WARNING, found.place, found.message, _WHY["unknown_code"], _MEND["unknown_code"], found.rule, NOMENCLATURES,
        line, column,
    )  # fmt: skip


class _Places:
    """Envelope places start at the root; header and content ones at the message."""

    def __init__(self, sample: Sample) -> None:
        self._json: JsonPlaces | None = None
        self._xml: XmlPlaces | None = None
        self._document: Any = None
        self._bare = sample.expected != "" and not sample.found.is_enveloped
        if sample.found.syntax == "json":
            text = text_of(sample.data)
            self._json = JsonPlaces(text)
            try:
                self._document = json.loads(text)
            except (ValueError, RecursionError):
                self._document = None
        else:
            self._xml = XmlPlaces(sample.data)
            try:
                self._document = document_from_xml(sample.data)
            except wire.UnreadableMessage:
                self._document = None
        self._messages = _messages(self._document)

    @property
    def kind(self) -> wire.MessageType | None:
        """The first use case that is there, even wrong."""
        keys = (key for _, message in self._messages for key in message if key in wire.BY_KEY)
        key = next(keys, None)
        return wire.BY_KEY[key] if key else None

    def of(self, found: Found) -> Position:
        steps = steps_of(found.place)
        base: list[str | int] = []
        if found.scope != "envelope":
            known = [path for path, message in self._messages if steps and steps[0] in message]
            base = known[0] if known else (self._messages[0][0] if self._messages else [])
        if self._json is not None:
            return self._json.of([*base, *steps])
        return self._of_xml([*base, *steps]) if self._xml is not None else UNKNOWN

    def _of_xml(self, steps: list[str | int]) -> Position:
        places = self._xml
        if places is None or places.root is None:
            return UNKNOWN
        if steps[:1] == ["content"] and len(steps) > 1 and isinstance(steps[1], int):
            objects = list(places.root.iter("{*}contentObject"))
            if steps[1] >= len(objects):
                return places.of([])
            start = next((one for one in objects[steps[1]].iter("{*}message")), objects[steps[1]])
            return places.of([step for step in steps[2:] if step not in _JSON_ONLY], start)
        if steps and steps[0] == local(places.root):
            steps = steps[1:]
        return places.of(steps)


_JSON_ONLY = frozenset({"jsonContent", "embeddedJsonContent", "message"})


def _messages(document: Any) -> list[tuple[list[str | int], dict[str, Any]]]:
    """Each message of the sample, with the way to it."""
    found: list[tuple[list[str | int], dict[str, Any]]] = []
    if not isinstance(document, dict):
        return found
    items = document.get("content")
    for rank, item in enumerate(items if isinstance(items, list) else []):
        for name in ("jsonContent", "embeddedJsonContent", "message"):
            item = item.get(name) if isinstance(item, dict) else None
        if isinstance(item, dict):
            found.append((["content", rank, "jsonContent", "embeddedJsonContent", "message"], item))
    if not found:
        inner = document.get("message")
        found.append((["message"], inner) if isinstance(inner, dict) else ([], document))
    return found
