"""VIHF: the signed token that says who speaks to the DMP, for which structure, about whom and how (SAML 2.0).

The house acts for a hospital by « authentification indirecte renforcée »: the structure's certificate signs for the professional it
names. Source: CI-SIS, Transport synchrone pour client lourd (VIHF 3.0), as publicly known; names and codes are to confirm.
"""

from __future__ import annotations

import base64
import hashlib
from copy import deepcopy
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from msgspec import Struct

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
DS = "http://www.w3.org/2000/09/xmldsig#"
EXC_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = f"{DS}enveloped-signature"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
DIGEST_SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
VERSION, MODE = "3.0", "INDIRECTE_RENFORCEE"
ACCESS_MODES = "1.2.250.1.213.1.1.4.248"
"""TRE_R248: normal, bris_de_glace, centre_15."""
_LASTS = timedelta(minutes=15)
_SLACK = timedelta(minutes=2)
_XACML = "urn:oasis:names:tc:xacml:2.0"
_XSPA = "urn:oasis:names:tc:xspa:1.0"


class BadToken(ValueError):
    """`reason`: missing, signature, expired, version."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Claims(Struct, frozen=True, kw_only=True):
    """`subject` is the author's national identifier (IdNat_PS) or the structure's own, `structure` IdNat_Struct; `roles` are
    `code^label^system`; `patient` is HL7 CX (`matricule^^^&oid&ISO^NH`)."""

    subject: str
    subject_name: str
    structure: str
    structure_name: str
    sector: str
    roles: tuple[str, ...]
    patient: str
    access_mode: str = "normal"
    software: str = "Maison e-santé"
    software_version: str = "1"
    approval: str = ""


def write(
    claims: Claims, *, key: rsa.RSAPrivateKey, certificate: x509.Certificate, now: datetime, token_id: str
) -> etree._Element:
    """The signed assertion; `now` is aware, `token_id` begins with a letter and names this token once."""
    root = etree.Element(
        f"{{{SAML}}}Assertion", nsmap={"saml2": SAML}, ID=token_id, Version="2.0", IssueInstant=_stamp(now)
    )
    issuer = etree.SubElement(
        root, f"{{{SAML}}}Issuer", Format="urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName"
    )
    issuer.text = certificate.subject.rfc4514_string()
    etree.SubElement(etree.SubElement(root, f"{{{SAML}}}Subject"), f"{{{SAML}}}NameID").text = claims.subject
    lasts = {"NotBefore": _stamp(now - _SLACK), "NotOnOrAfter": _stamp(now + _LASTS)}
    etree.SubElement(root, f"{{{SAML}}}Conditions", lasts)
    authn = etree.SubElement(root, f"{{{SAML}}}AuthnStatement", AuthnInstant=_stamp(now))
    context = etree.SubElement(authn, f"{{{SAML}}}AuthnContext")
    etree.SubElement(context, f"{{{SAML}}}AuthnContextClassRef").text = "urn:oasis:names:tc:SAML:2.0:ac:classes:X509"
    _statement(root, claims)
    _sign(root, key, certificate)
    return root


def _statement(root: etree._Element, claims: Claims) -> None:
    held = etree.SubElement(root, f"{{{SAML}}}AttributeStatement")
    plain = {
        "VIHF_Version": VERSION,
        "Authentification_Mode": MODE,
        "Identifiant_Structure": claims.structure,
        f"{_XSPA}:subject:organization": claims.structure_name,
        f"{_XSPA}:subject:subject-id": claims.subject_name,
        "Secteur_Activite": claims.sector,
        "Ressource_URN": "urn:dmp",
        f"{_XACML}:resource:resource-id": claims.patient,
        "LPS_Nom": claims.software,
        "LPS_Version": claims.software_version,
        "LPS_ID_HOMOLOGATION_DMP": claims.approval,
    }
    for name, value in plain.items():
        if value:
            _attribute(held, name).text = value
    for role in claims.roles:
        code, label, system = (*role.split("^"), "", "")[:3]
        _coded(_attribute(held, f"{_XACML}:subject:role"), "Role", code, label, system)
    use = _attribute(held, f"{_XSPA}:subject:purposeofuse")
    labels = {"normal": "Accès normal", "bris_de_glace": "Accès bris de glace", "centre_15": "Accès centre 15"}
    _coded(use, "PurposeOfUse", claims.access_mode, labels[claims.access_mode], ACCESS_MODES)


def _attribute(held: etree._Element, name: str) -> etree._Element:
    return etree.SubElement(etree.SubElement(held, f"{{{SAML}}}Attribute", Name=name), f"{{{SAML}}}AttributeValue")


def _coded(parent: etree._Element, name: str, code: str, label: str, system: str) -> None:
    etree.SubElement(
        parent,
        f"{{urn:hl7-org:v3}}{name}",
        nsmap={"hl7": "urn:hl7-org:v3"},
        code=code,
        codeSystem=system,
        displayName=label,
    )


def _sign(root: etree._Element, key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> None:
    digest = base64.b64encode(hashlib.sha256(_canonical(root)).digest()).decode()
    signature = etree.Element(f"{{{DS}}}Signature", nsmap={"ds": DS})
    info = etree.SubElement(signature, f"{{{DS}}}SignedInfo")
    etree.SubElement(info, f"{{{DS}}}CanonicalizationMethod", Algorithm=EXC_C14N)
    etree.SubElement(info, f"{{{DS}}}SignatureMethod", Algorithm=RSA_SHA256)
    reference = etree.SubElement(info, f"{{{DS}}}Reference", URI=f"#{root.get('ID')}")
    transforms = etree.SubElement(reference, f"{{{DS}}}Transforms")
    for algorithm in (ENVELOPED, EXC_C14N):
        etree.SubElement(transforms, f"{{{DS}}}Transform", Algorithm=algorithm)
    etree.SubElement(reference, f"{{{DS}}}DigestMethod", Algorithm=DIGEST_SHA256)
    etree.SubElement(reference, f"{{{DS}}}DigestValue").text = digest
    root.insert(1, signature)
    signed = key.sign(_canonical(info), padding.PKCS1v15(), SHA256())
    etree.SubElement(signature, f"{{{DS}}}SignatureValue").text = base64.b64encode(signed).decode()
    data = etree.SubElement(etree.SubElement(signature, f"{{{DS}}}KeyInfo"), f"{{{DS}}}X509Data")
    held = etree.SubElement(data, f"{{{DS}}}X509Certificate")
    held.text = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()


def verify(token: etree._Element | None, authority: x509.Certificate, now: datetime) -> Claims:
    """What the token says, once its signature, its certificate and its hours are right. Raises BadToken."""
    if token is None:
        raise BadToken("missing")
    _check_signature(token, authority, now)
    conditions = token.find(f"{{{SAML}}}Conditions")
    limits = [str(conditions.get(name)) for name in ("NotBefore", "NotOnOrAfter")] if conditions is not None else []
    if len(limits) != 2 or not limits[0] <= _stamp(now) < limits[1]:
        raise BadToken("expired")
    said = _said(token)
    if said.get("VIHF_Version") != VERSION:
        raise BadToken("version")
    subject = token.find(f"{{{SAML}}}Subject/{{{SAML}}}NameID")
    roles = [
        f"{one.get('code')}^{one.get('displayName')}^{one.get('codeSystem')}"
        for one in token.iter("{urn:hl7-org:v3}Role")
    ]
    use = next(token.iter("{urn:hl7-org:v3}PurposeOfUse"), None)
    return Claims(
        subject=(subject.text or "") if subject is not None else "",
        subject_name=said.get(f"{_XSPA}:subject:subject-id", ""),
        structure=said.get("Identifiant_Structure", ""),
        structure_name=said.get(f"{_XSPA}:subject:organization", ""),
        sector=said.get("Secteur_Activite", ""),
        roles=tuple(roles),
        patient=said.get(f"{_XACML}:resource:resource-id", ""),
        access_mode=str(use.get("code")) if use is not None else "",
        software=said.get("LPS_Nom", ""),
        software_version=said.get("LPS_Version", ""),
        approval=said.get("LPS_ID_HOMOLOGATION_DMP", ""),
    )


def _check_signature(token: etree._Element, authority: x509.Certificate, now: datetime) -> None:
    alone = deepcopy(token)
    signature = alone.find(f"{{{DS}}}Signature")
    values = {
        name: token.findtext(f".//{{{DS}}}{name}", "").encode()
        for name in ("DigestValue", "SignatureValue", "X509Certificate")
    }
    info = token.find(f"{{{DS}}}Signature/{{{DS}}}SignedInfo")
    if signature is None or info is None:
        raise BadToken("signature")
    alone.remove(signature)
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode(values["X509Certificate"]))
        certificate.verify_directly_issued_by(authority)
        public = certificate.public_key()
        if not isinstance(public, rsa.RSAPublicKey):
            raise BadToken("signature")
        public.verify(base64.b64decode(values["SignatureValue"]), _canonical(info), padding.PKCS1v15(), SHA256())
    except (ValueError, TypeError, InvalidSignature) as error:
        raise BadToken("signature") from error
    if base64.b64encode(hashlib.sha256(_canonical(alone)).digest()) != values["DigestValue"]:
        raise BadToken("signature")
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise BadToken("expired")


def _said(token: etree._Element) -> dict[str, str]:
    return {
        str(one.get("Name")): one.findtext(f"{{{SAML}}}AttributeValue", "") or ""
        for one in token.iter(f"{{{SAML}}}Attribute")
    }


def _canonical(element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False, with_tail=False)


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
