"""An authority of the sandbox, and the certificates it gives: its servers', and the one the house shows."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

AUTHORITY, SERVER, HOUSE = "autorite", "serveur", "maison"
DAYS = 365


def prepare(folder: Path) -> None:
    """`autorite.pem`, `serveur.pem` and `.key`, `maison.pem` and `.key`: made once, made again when they end."""
    if _lasts(folder / f"{AUTHORITY}.pem") and (folder / f"{HOUSE}.key").exists():
        return
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = rsa.generate_private_key(65537, 2048)
    name = _name("Autorité du bac à sable")
    root = _built(name, name, key, key, authority=True)
    for who, words in ((SERVER, "localhost"), (HOUSE, "Maison e-santé, démonstration")):
        own = rsa.generate_private_key(65537, 2048)
        _write(folder / f"{who}.pem", _built(_name(words), name, own, key).public_bytes(Encoding.PEM))
        private = own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        _write(folder / f"{who}.key", private)
    _write(folder / f"{AUTHORITY}.pem", root.public_bytes(Encoding.PEM))


def server_context(folder: Path, *, asks_certificate: bool = True) -> ssl.SSLContext:
    """What a server of the sandbox shows; whoever calls shows a certificate of the authority, as between real ones."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{SERVER}.pem", folder / f"{SERVER}.key")
    if asks_certificate:
        context.load_verify_locations(folder / f"{AUTHORITY}.pem")
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def authority_of(folder: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / f"{AUTHORITY}.pem").read_bytes())


def _lasts(path: Path) -> bool:
    try:
        found = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return False
    return found.not_valid_after_utc > datetime.now(UTC) + timedelta(days=7)


def _name(words: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, words)])


def _built(
    subject: x509.Name, issuer: x509.Name, own: rsa.RSAPrivateKey, signs: rsa.RSAPrivateKey, *, authority: bool = False
) -> x509.Certificate:
    now = datetime.now(UTC)
    hosts = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    return (
        x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(own.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=DAYS))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(_uses(authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signs.public_key()), critical=False)
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False).sign(signs, SHA256())
    )  # fmt: skip


def _uses(authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority, content_commitment=False, key_encipherment=not authority, data_encipherment=False,
        key_agreement=False, key_cert_sign=authority, crl_sign=authority, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _write(path: Path, data: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(data)
