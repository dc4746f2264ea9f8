"""`./maison send FILE…`: hands a message to the right public door of an open house and shows the answer.

A file may hold a whole EDXL-DE envelope, sent to the byte, or a bare Hub Santé object, put in an envelope of the
demonstration SAMU. An HL7v2 message (it begins with MSH) goes to the byte through the MLLP door, a CDA document inside an MDM^T02 by the
same door, a FHIR resource or lot to the façade. Exit code: 0 accepted, 1 refused, 2 no house answers.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin
from urllib.request import ProxyHandler, Request, build_opener
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from maison.cli.console import say, warn
from maison.cli.house import House
from maison.cli.send_cda import NotWrapped, wrapped
from maison.cli.send_fhir import SOFTWARE, NoToken, send_fhir
from maison.cli.send_mllp import send_hl7v2
from maison.formats import recognition
from maison.formats.recognition import Family

HUB_SANTE = "hub-sante/messages"
DEMONSTRATION_SENDER = "fr.health.samu31"
HOUSE_CLIENT = os.environ.get("MAISON_HUB_CLIENT_ID", "fr.health.grades-occitanie")
KEY_VARIABLE = "MAISON_SEND_KEY"
WAIT_SECONDS = 30
ACCEPTED, REFUSED, SILENT = 0, 1, 2

JSON, XML = "application/json", "application/xml"


class NotRecognised(ValueError):
    """The content is of no kind the house receives."""


@dataclass(frozen=True)
class Parcel:
    """What to post: `sender` is the one the envelope names, and whose key opens the door."""

    body: bytes
    media_type: str
    path: str
    sender: str
    ours: bool = False  # the envelope is ours, hence its encoding


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./maison send", description="Envoie des messages à une maison ouverte.")
    parser.add_argument("files", nargs="+", type=Path, metavar="FICHIER")
    parser.add_argument("--url", help="adresse de la maison (sinon celle de ce dossier de données)")
    parser.add_argument(
        "--key", default=os.environ.get(KEY_VARIABLE), help=f"clé du logiciel émetteur (ou {KEY_VARIABLE})"
    )
    options = parser.parse_args(words)
    url = options.url or House.at().local_url
    worst = ACCEPTED
    for file in options.files:
        outcome = send(file, url, options.key)
        if outcome == SILENT:
            return SILENT
        worst = max(worst, outcome)
    return worst


def send(file: Path, url: str, key: str | None) -> int:
    try:
        content = file.read_bytes()
        found = recognition.recognise(content)
        if found is not None and found.family == Family.HL7V2:
            return by_mllp(file, content, url)
        if found is not None and found.family == Family.CDA:
            return by_mllp(file, wrapped(content), url)
        if found is not None and found.family == Family.FHIR and found.syntax == "json":
            return by_fhir(file, content, url)
        parcel = recognise(content)
    except (OSError, NotRecognised, NotWrapped) as problem:
        warn(f"{file} : {problem}")
        return REFUSED
    try:
        status, answer = post(parcel, url, key or demonstration_key(parcel.sender))
    except (URLError, TimeoutError, ConnectionError) as problem:
        warn(f"Aucune maison ne répond à {url} ({getattr(problem, 'reason', problem)}). Ouvrez-la : ./maison up")
        return SILENT
    return told(file, status, answer)


def told(file: Path, status: int, answer: bytes) -> int:
    accepted = 200 <= status < 300
    (say if accepted else warn)(f"{file} : {'accepté' if accepted else 'refusé'} ({status})")
    print(readable(answer), flush=True)
    return ACCEPTED if accepted else REFUSED


def by_fhir(file: Path, content: bytes, url: str) -> int:
    try:
        status, answer = send_fhir(content, url)
    except NoToken:
        warn(f"{file} : cette maison ne connaît pas le logiciel FHIR de démonstration ({SOFTWARE}).")
        return REFUSED
    except (URLError, TimeoutError, ConnectionError) as problem:
        warn(f"Aucune maison ne répond à {url} ({getattr(problem, 'reason', problem)}). Ouvrez-la : ./maison up")
        return SILENT
    return told(file, status, answer)


def by_mllp(file: Path, content: bytes, url: str) -> int:
    try:
        accepted, code, reasons = send_hl7v2(content, url)
    except OSError as problem:
        warn(f"Aucune porte MLLP ne répond pour {url} ({problem}). Ouvrez la maison : ./maison up")
        return SILENT
    (say if accepted else warn)(f"{file} : {'accepté' if accepted else 'refusé'} ({code})")
    for reason in reasons:
        print(f"  {reason}", flush=True)
    return ACCEPTED if accepted else REFUSED


def post(parcel: Parcel, url: str, key: str) -> tuple[int, bytes]:
    request = Request(  # noqa: S310 -- the address is the operator's own choice
        urljoin(url.rstrip("/") + "/", parcel.path),
        data=parcel.body,
        headers={
            "Content-Type": f"{parcel.media_type}; charset=utf-8" if parcel.ours else parcel.media_type,
            "Accept": JSON,
            "Authorization": f"Bearer {key}",
            "X-Hub-Client": parcel.sender,
        },
        method="POST",
    )
    try:
        with build_opener(ProxyHandler({})).open(request, timeout=WAIT_SECONDS) as response:
            return response.status, response.read()
    except HTTPError as refusal:
        return refusal.code, refusal.read()


def demonstration_key(sender: str) -> str:
    """The public key of a software of the demonstration region; a real house knows none of them."""
    from maison_region.sending import demonstration_key as of_region

    return of_region(sender)


def readable(answer: bytes) -> str:
    text = answer.decode("utf-8", errors="replace")
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except ValueError:
        return text.strip()


# -- what the file holds


def recognise(content: bytes) -> Parcel:
    """By content, never by name. Broken content goes as it is: the house says what is wrong with it."""
    found = recognition.recognise(content)
    if found is not None and found.family != Family.HUB_SANTE:
        words = " en XML" if found.family == Family.FHIR else ""
        raise NotRecognised(
            f"{found.family.french}{words} reconnu : aucune porte publique pour ce format dans cette version."
        )
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start in {b"{", b"["}:
        return _json(content)
    if start == b"<":
        return _xml(content)
    raise NotRecognised("contenu non reconnu : ni JSON ni XML du Hub Santé, ni HL7v2.")


def _json(content: bytes) -> Parcel:
    try:
        message = json.loads(content)
    except ValueError:
        message = None
    if isinstance(message, dict) and "distributionID" not in message and message:
        enveloped = envelope({"message": _header() | message}) if "message" not in message else envelope(message)
        return Parcel(
            json.dumps(enveloped, ensure_ascii=False).encode(), JSON, HUB_SANTE, DEMONSTRATION_SENDER, ours=True
        )
    sender = message.get("senderID") if isinstance(message, dict) else None
    return Parcel(content, JSON, HUB_SANTE, sender if isinstance(sender, str) else DEMONSTRATION_SENDER)


def _xml(content: bytes) -> Parcel:
    """Read as text only: a parser here would hide from the house what it must see (entities, charset)."""
    text = content.decode("utf-8", errors="replace")
    if "edxlDistribution" in text:
        found = re.search(r"<(?:\w+:)?senderID>\s*([^<\s]+)", text)
        return Parcel(content, XML, HUB_SANTE, found.group(1) if found else DEMONSTRATION_SENDER)
    bare = re.sub(r"^\s*(<\?xml[^>]*\?>)?\s*(<!--.*?-->\s*)*", "", text.removeprefix("\ufeff"), flags=re.DOTALL)
    return Parcel(_xml_envelope(bare).encode(), XML, HUB_SANTE, DEMONSTRATION_SENDER, ours=True)


def _now() -> str:
    return datetime.now(ZoneInfo("Europe/Paris")).isoformat(timespec="seconds")


def _header() -> dict[str, object]:
    """RC-DE: repeats the envelope for the receiving software."""
    return {
        "messageId": f"{DEMONSTRATION_SENDER}_{uuid.uuid4()}",
        "sender": {"name": DEMONSTRATION_SENDER, "URI": f"hubex:{DEMONSTRATION_SENDER}"},
        "sentAt": _now(),
        "kind": "Report",
        "status": "Actual",
        "recipient": [{"name": HOUSE_CLIENT, "URI": f"hubex:{HOUSE_CLIENT}"}],
    }


def envelope(content: dict[str, object]) -> dict[str, object]:
    header = content.get("message")
    known = header.get("messageId") if isinstance(header, dict) else None
    return {
        "distributionID": known or f"{DEMONSTRATION_SENDER}_{uuid.uuid4()}",
        "senderID": DEMONSTRATION_SENDER,
        "dateTimeSent": _now(),
        "dateTimeExpires": _later(),
        "distributionStatus": "Actual",
        "distributionKind": "Report",
        "descriptor": {
            "language": "fr-FR",
            "explicitAddress": {"explicitAddressScheme": "hubex", "explicitAddressValue": HOUSE_CLIENT},
        },
        "content": [{"jsonContent": {"embeddedJsonContent": content}}],
    }


def _later() -> str:
    return (datetime.now(ZoneInfo("Europe/Paris")) + timedelta(days=1)).isoformat(timespec="seconds")


def _xml_envelope(bare: str) -> str:
    identity = f"{DEMONSTRATION_SENDER}_{uuid.uuid4()}"
    sender, house = escape(DEMONSTRATION_SENDER), escape(HOUSE_CLIENT)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<edxlDistribution xlink:type="extended" xmlns="urn:oasis:names:tc:emergency:EDXL:DE:2.0" \
xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:ct="urn:oasis:names:tc:emergency:edxl:ct:1.0">
<distributionID>{identity}</distributionID><senderID>{sender}</senderID>
<dateTimeSent>{_now()}</dateTimeSent><dateTimeExpires>{_later()}</dateTimeExpires>
<distributionStatus>Actual</distributionStatus><distributionKind>Report</distributionKind>
<descriptor xlink:type="resource"><language>fr-FR</language><explicitAddress>\
<explicitAddressScheme>hubex</explicitAddressScheme><explicitAddressValue>{house}</explicitAddressValue>\
</explicitAddress></descriptor>
<content xlink:type="resource"><contentObject xlink:type="resource"><contentXML><embeddedXMLContent>
<message xmlns="urn:emergency:cisu:3.0"><messageId>{identity}</messageId>\
<sender><name>{sender}</name><URI>hubex:{sender}</URI></sender><sentAt>{_now()}</sentAt>\
<kind>Report</kind><status>Actual</status>\
<recipient><name>{house}</name><URI>hubex:{house}</URI></recipient>
{bare}</message>
</embeddedXMLContent></contentXML></contentObject></content>
</edxlDistribution>
"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
