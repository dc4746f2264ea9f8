"""What is said to the DMP and what it answers: SOAP 1.2, WS-Addressing, ITI-41 (feed) and ITI-57 (take back).

    content_type, body = soap.write_feed(submission, {entry.id: data}, token=…, to=url, message_id=…)
    answer = soap.read_answer(content_type, body)          # .accepted, .errors
Sources: IHE ITI TF-2, 3.41 and 3.57; codes of errors: TF-3, table 4.2.4.1-2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from lxml import etree
from msgspec import Struct

from maison.formats.xds import ebrim, mtom, names
from maison.formats.xds.ebrim import FoundSubmission, Submission
from maison.formats.xds.names import RS, XDSB
from maison.formats.xds.xdm import parse

SOAP = "http://www.w3.org/2003/05/soap-envelope"
WSA = "http://www.w3.org/2005/08/addressing"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
XOP = "http://www.w3.org/2004/08/xop/include"
_ENVELOPE = cast("dict[str, str]", {"soap": SOAP, "wsa": WSA})


class NotSoap(ValueError):
    """What came is no SOAP message that can be used."""


class Error(Struct, frozen=True):
    code: str
    context: str = ""


class Answer(Struct, frozen=True):
    """`accepted`: the DMP holds what was sent. `fault` is the code of a SOAP fault, empty otherwise."""

    accepted: bool
    errors: tuple[Error, ...] = ()
    fault: str = ""


class Request(Struct, frozen=True):
    """`documents` by the entry they belong to. `token` is the SAML assertion of the header, None without one."""

    action: str
    message_id: str
    submission: FoundSubmission
    documents: dict[str, bytes]
    token: etree._Element | None


def write_feed(
    submission: Submission, documents: Mapping[str, bytes], *, token: etree._Element, to: str, message_id: str
) -> tuple[str, bytes]:
    """ITI-41. Content type and body; documents travel beside the envelope, to the byte (MTOM)."""
    envelope, body = _envelope(names.PROVIDE_AND_REGISTER, to, message_id, token)
    request = etree.SubElement(body, f"{{{XDSB}}}ProvideAndRegisterDocumentSetRequest", nsmap={"xdsb": XDSB})
    request.append(ebrim.write(submission))
    parts = {}
    for rank, (entry, data) in enumerate(documents.items(), 1):
        name = f"document-{rank}@maison.esante"
        held = etree.SubElement(request, f"{{{XDSB}}}Document", id=entry)
        etree.SubElement(held, f"{{{XOP}}}Include", nsmap={"xop": XOP}, href=f"cid:{name}")
        parts[name] = data
    return mtom.write(_bytes(envelope), parts, boundary=f"maison-{message_id[-36:]}", action=names.PROVIDE_AND_REGISTER)


def write_status(
    submission: Submission, entry: str, status: str, *, token: etree._Element, to: str, message_id: str
) -> tuple[str, bytes]:
    """ITI-57: the entry takes this status."""
    envelope, body = _envelope(names.UPDATE, to, message_id, token)
    body.append(ebrim.write_status(submission, entry, status))
    return f'application/soap+xml; charset=UTF-8; action="{names.UPDATE}"', _bytes(envelope)


def write_answer(action: str, relates_to: str, errors: Sequence[Error] = ()) -> bytes:
    """What a registry answers."""
    envelope, body = _envelope(action, "", "", None, relates_to)
    status = names.FAILURE if errors else names.SUCCESS
    answer = etree.SubElement(body, f"{{{RS}}}RegistryResponse", nsmap={"rs": RS}, status=status)
    if errors:
        held = etree.SubElement(answer, f"{{{RS}}}RegistryErrorList", highestSeverity=names.ERROR)
        for error in errors:
            etree.SubElement(
                held, f"{{{RS}}}RegistryError", errorCode=error.code, codeContext=error.context, severity=names.ERROR
            )
    return _bytes(envelope)


def write_fault(code: str, reason: str) -> bytes:
    envelope, body = _envelope("http://www.w3.org/2005/08/addressing/soap/fault", "", "", None)
    fault = etree.SubElement(body, f"{{{SOAP}}}Fault")
    held = etree.SubElement(fault, f"{{{SOAP}}}Code")
    etree.SubElement(held, f"{{{SOAP}}}Value").text = "soap:Sender"
    etree.SubElement(etree.SubElement(held, f"{{{SOAP}}}Subcode"), f"{{{SOAP}}}Value").text = code
    text = etree.SubElement(etree.SubElement(fault, f"{{{SOAP}}}Reason"), f"{{{SOAP}}}Text")
    text.set("{http://www.w3.org/XML/1998/namespace}lang", "fr")
    text.text = reason
    return _bytes(envelope)


def read_request(content_type: str, body: bytes) -> Request:
    """Raises NotSoap, or ValueError when the submission is none."""
    envelope, parts = _opened(content_type, body)
    request = envelope.find(f".//{{{names.LCM}}}SubmitObjectsRequest")
    if request is None:
        raise NotSoap("no submission")
    documents = {}
    for held in envelope.iter(f"{{{XDSB}}}Document"):
        include = held.find(f"{{{XOP}}}Include")
        name = str(include.get("href")).removeprefix("cid:") if include is not None else ""
        if name not in parts:
            raise NotSoap("a document that is not there")
        documents[str(held.get("id"))] = parts[name]
    return Request(
        action=_text(envelope, f".//{{{WSA}}}Action"),
        message_id=_text(envelope, f".//{{{WSA}}}MessageID"),
        submission=ebrim.read(request),
        documents=documents,
        token=envelope.find(f"{{{SOAP}}}Header/{{{WSSE}}}Security/{{urn:oasis:names:tc:SAML:2.0:assertion}}Assertion"),
    )


def read_answer(content_type: str, body: bytes) -> Answer:
    """Raises NotSoap: then nobody knows what became of what was sent."""
    envelope, _ = _opened(content_type, body)
    fault = envelope.find(f"{{{SOAP}}}Body/{{{SOAP}}}Fault")
    if fault is not None:
        values = [value.text or "" for value in fault.iter(f"{{{SOAP}}}Value")]
        return Answer(False, fault=(values[-1] if values else "inconnu").rpartition(":")[2][:60])
    answer = envelope.find(f".//{{{RS}}}RegistryResponse")
    if answer is None:
        raise NotSoap("no answer of a registry")
    errors = tuple(
        Error(str(one.get("errorCode", "")).rpartition(":")[2][:60], str(one.get("codeContext", ""))[:200])
        for one in answer.iter(f"{{{RS}}}RegistryError")
        if not str(one.get("severity", "")).endswith("Warning")
    )
    return Answer(answer.get("status") == names.SUCCESS, errors)


def _envelope(
    action: str, to: str, message_id: str, token: etree._Element | None, relates_to: str = ""
) -> tuple[etree._Element, etree._Element]:
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap=_ENVELOPE)
    header = etree.SubElement(envelope, f"{{{SOAP}}}Header")
    for name, value in (("Action", action), ("MessageID", message_id), ("RelatesTo", relates_to), ("To", to)):
        if value:
            etree.SubElement(header, f"{{{WSA}}}{name}").text = value
    if token is not None:
        security = etree.SubElement(header, f"{{{WSSE}}}Security", nsmap={"wsse": WSSE})
        security.set(f"{{{SOAP}}}mustUnderstand", "true")
        security.append(token)
    return envelope, etree.SubElement(envelope, f"{{{SOAP}}}Body")


def _opened(content_type: str, body: bytes) -> tuple[etree._Element, dict[str, bytes]]:
    try:
        root, parts = mtom.read(content_type, body)
        envelope = parse(root)
    except (ValueError, etree.XMLSyntaxError) as error:
        raise NotSoap(type(error).__name__) from error
    if envelope.tag != f"{{{SOAP}}}Envelope":
        raise NotSoap("no envelope")
    return envelope, parts


def _text(node: etree._Element, path: str) -> str:
    found = node.find(path)
    return (found.text or "") if found is not None else ""


def _bytes(envelope: etree._Element) -> bytes:
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")
