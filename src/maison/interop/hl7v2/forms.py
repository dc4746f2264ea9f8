from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from django import forms

from maison.foundations.structures.models import Structure
from maison.interop.exchanges.actions import normal_fingerprint
from maison.interop.exchanges.models import Client

from .models import Charset, Kind, SenderProfile, Target, Version

_CODE = forms.RegexField(
    r"\A[a-z0-9._-]{3,55}\Z", label="Code", help_text="Par exemple gam.chu-x : des minuscules, des chiffres, des points et des tirets. Il ne change plus.",
    error_messages={"invalid": "Le code compte 3 à 55 minuscules, chiffres, points ou tirets."},
)  # fmt: skip
_HOST = re.compile(r"\A[A-Za-z0-9]([A-Za-z0-9.:-]{0,198}[A-Za-z0-9])?\Z")
_FINGERPRINT = re.compile(r"\A[0-9a-f]{64}\Z")
_HEADER_NAME = re.compile(r"\A[^|^~\\&\r\n]*\Z")
NAME_HELP = "Ce que le logiciel écrit dans l'en-tête, sans son autorité (avant le premier ^)."


class _Declaration(forms.Form):
    """What senders and targets share. `found` is what is changed, None for a new one: its code no longer changes."""

    nom = forms.CharField(
        label="Nom", max_length=200, help_text="Le logiciel et son rôle, tels que l'établissement les appelle."
    )
    structure = forms.ModelChoiceField(Structure.objects.none(), label="Structure", empty_label="Choisir la structure")

    def __init__(self, data: Any = None, *, structures: Iterable[Structure], found: Any = None, **rest: Any) -> None:
        super().__init__(data, **rest)
        self.found = found
        chosen = self.fields["structure"]
        assert isinstance(chosen, forms.ModelChoiceField)
        chosen.queryset = Structure.objects.filter(id__in=[one.id for one in structures]).order_by("name")
        if found is None:
            self.fields = {"code": _CODE, **self.fields}

    def clean_certificat(self) -> tuple[str, str]:
        """(fingerprint, subject) of a certificate in PEM, or of a fingerprint alone; ("", "") for none."""
        said: str = self.cleaned_data["certificat"].strip()
        if not said:
            return "", ""
        if "BEGIN CERTIFICATE" in said:
            try:
                read = x509.load_pem_x509_certificate(said.encode())
            except ValueError as error:
                raise forms.ValidationError(
                    "Ce certificat PEM ne se lit pas : collez-le en entier, de BEGIN à END."
                ) from error
            return read.fingerprint(SHA256()).hex(), read.subject.rfc4514_string()[:300]
        fingerprint = normal_fingerprint(said)
        if not _FINGERPRINT.match(fingerprint):
            raise forms.ValidationError(
                "Une empreinte SHA-256 compte 64 chiffres hexadécimaux ; sinon, collez le certificat PEM."
            )
        return fingerprint, ""

    def _header_name(self, name: str) -> str:
        said: str = self.cleaned_data[name].strip()
        if not _HEADER_NAME.match(said):
            raise forms.ValidationError("Écrivez la première partie seulement, sans séparateur HL7 (|, ^, ~, \\ ou &).")
        return said

    def clean_application(self) -> str:
        return self._header_name("application")

    def clean_etablissement(self) -> str:
        return self._header_name("etablissement")


_CERTIFICATE = {"rows": 3, "spellcheck": "false", "autocomplete": "off"}


class SenderForm(_Declaration):
    application = forms.CharField(label="Application (MSH-3)", max_length=180, required=False, help_text=NAME_HELP)
    etablissement = forms.CharField(label="Établissement (MSH-4)", max_length=180, required=False, help_text=NAME_HELP)
    port = forms.IntegerField(
        label="Port d'écoute de la maison", required=False, min_value=1, max_value=65535,
        help_text="À remplir si ce logiciel arrive toujours par le même port ; vide : n'importe lequel.",
    )  # fmt: skip
    certificat = forms.CharField(
        label="Certificat", required=False, widget=forms.Textarea(attrs=_CERTIFICATE),
        help_text="Le certificat client en PEM, ou son empreinte SHA-256. Avec lui, c'est le certificat qui dit qui parle.",
    )  # fmt: skip
    types = forms.MultipleChoiceField(
        label="Messages qu'il peut envoyer", choices=Kind.choices, required=False, widget=forms.CheckboxSelectMultiple,
        help_text="Aucun coché : tous ceux que la maison lit.",
    )  # fmt: skip
    versions = forms.MultipleChoiceField(
        label="Versions HL7", choices=Version.choices, required=False, widget=forms.CheckboxSelectMultiple, help_text="Aucune cochée : toutes.",
    )  # fmt: skip
    autorites = forms.CharField(
        label="Autorités d'affectation de ses identifiants", required=False, widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text="Une par ligne : l'OID (ou le FINESS, ou le nom) écrit dans PID-3.4. Vide : toutes.",
    )  # fmt: skip
    jeu = forms.ChoiceField(label="Jeu de caractères", choices=Charset.choices, required=False, help_text="S'il en emploie un autre, le message est lu et l'écart est dit.")  # fmt: skip
    reponses = forms.ModelChoiceField(
        Target.objects.none(), label="Adresse des réponses applicatives", required=False, empty_label="Aucune : répondre sur la ligne",
        help_text="Pour le mode étendu (MSH-15 et MSH-16) : la cible qui reçoit AA, AE ou AR une fois le message traité.",
    )  # fmt: skip

    def __init__(self, data: Any = None, *, targets: Any, **rest: Any) -> None:
        super().__init__(data, **rest)
        replies = self.fields["reponses"]
        assert isinstance(replies, forms.ModelChoiceField)
        replies.queryset = targets

    def clean_autorites(self) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data["autorites"].splitlines() if line.strip()]
        if any(not _HEADER_NAME.match(line) or len(line) > 200 for line in lines):
            raise forms.ValidationError(
                "Une autorité s'écrit sans séparateur HL7, une par ligne, en 200 caractères au plus."
            )
        return list(dict.fromkeys(lines))

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not said.get("application") and not (said.get("certificat") or ("", ""))[0] and not self.errors:
            self.add_error(
                "application",
                "Dites au moins l'application (MSH-3) ou le certificat : sinon, personne ne reconnaît ce logiciel.",
            )
        return said

    def declared(self) -> dict[str, Any]:
        """The arguments of `declare_sender`."""
        said = self.cleaned_data
        fingerprint, subject = said["certificat"]
        if self.found is not None and fingerprint == self.found.certificate_fingerprint:
            subject = subject or self.found.certificate_subject
        return {
            "code": self.found.client_id if self.found else said["code"], "is_new": self.found is None, "name": said["nom"],
            "structure_id": said["structure"].id, "application": said["application"], "facility": said["etablissement"],
            "port": said["port"], "fingerprint": fingerprint, "subject": subject, "kinds": said["types"], "versions": said["versions"],
            "authorities": said["autorites"], "charset": said["jeu"], "reply_target_id": said["reponses"].id if said["reponses"] else None,
        }  # fmt: skip


def initial_of_sender(client: Client, profile: SenderProfile) -> dict[str, Any]:
    return {
        "nom": client.name, "structure": client.structure_id, "application": client.mllp_application, "etablissement": client.mllp_facility,
        "port": client.mllp_port, "certificat": client.certificate_fingerprint, "types": profile.kinds, "versions": profile.versions,
        "autorites": "\n".join(profile.authorities), "jeu": profile.charset, "reponses": profile.reply_target_id,
    }  # fmt: skip


class TargetForm(_Declaration):
    hote = forms.CharField(label="Hôte", max_length=200, help_text="Le nom ou l'adresse de la machine, sans le port.")
    port = forms.IntegerField(label="Port", min_value=1, max_value=65535)
    tls = forms.BooleanField(label="Chiffrer en TLS, avec le certificat de la maison", required=False, help_text="Obligatoire en production hors de cette machine.")  # fmt: skip
    certificat = forms.CharField(
        label="Certificat attendu", required=False, widget=forms.Textarea(attrs=_CERTIFICATE),
        help_text="Celui du logiciel, en PEM, ou son empreinte SHA-256 : un autre certificat est alors refusé. Vide : l'autorité suffit.",
    )  # fmt: skip
    application = forms.CharField(label="Application destinataire (MSH-5)", max_length=180, required=False)
    etablissement = forms.CharField(label="Établissement destinataire (MSH-6)", max_length=180, required=False)
    version = forms.ChoiceField(label="Version HL7", choices=Version.choices, initial=Version.V25)
    jeu = forms.ChoiceField(
        label="Jeu de caractères", choices=[("", "UNICODE UTF-8 (par défaut)"), *Charset.choices[2:]], required=False
    )
    types = forms.MultipleChoiceField(
        label="Messages qu'elle peut recevoir", choices=Kind.choices, required=False, widget=forms.CheckboxSelectMultiple, help_text="Aucun coché : tous.",
    )  # fmt: skip
    applicatif = forms.BooleanField(
        label="Demander une réponse applicative (mode étendu)", required=False,
        help_text="La maison attend alors AA, AE ou AR après l'accusé de réception ; un jour de silence devient une tâche.",
    )  # fmt: skip

    def clean_hote(self) -> str:
        host: str = self.cleaned_data["hote"].strip().strip("[]")
        if not _HOST.match(host):
            raise forms.ValidationError("Un hôte est un nom ou une adresse, sans espace ni port.")
        try:
            address = ip_address(host)
        except ValueError:
            return host
        if address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved:
            raise forms.ValidationError("Cette adresse n'est pas celle d'une machine d'un établissement.")
        return host

    def declared(self) -> dict[str, Any]:
        """The arguments of `register_target`."""
        said = self.cleaned_data
        return {
            "code": self.found.code if self.found else said["code"], "is_new": self.found is None, "name": said["nom"],
            "structure_id": said["structure"].id, "host": said["hote"], "port": said["port"], "secured": said["tls"],
            "certificate_fingerprint": said["certificat"][0], "application": said["application"], "facility": said["etablissement"],
            "version": said["version"], "charset": said["jeu"], "kinds": said["types"], "asks_application_ack": said["applicatif"],
            "active": self.found.active if self.found else True,
        }  # fmt: skip


def initial_of_target(target: Target) -> dict[str, Any]:
    return {
        "nom": target.name, "structure": target.structure_id, "hote": target.host, "port": target.port, "tls": target.secured,
        "certificat": target.certificate_fingerprint, "application": target.application, "etablissement": target.facility,
        "version": target.version, "jeu": target.charset, "types": target.kinds, "applicatif": target.asks_application_ack,
    }  # fmt: skip


class ReasonForm(forms.Form):
    motif = forms.CharField(label="Motif", max_length=300, help_text="Il est gardé dans l'historique.")
