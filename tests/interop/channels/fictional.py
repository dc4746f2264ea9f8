"""Messages and channels of the tests: plainly fictional people, test identifiers only."""

from __future__ import annotations

from maison.interop.channels.language.configuration import Vocabulary
from maison.interop.channels.language.shapes import Field, Shape

VOCABULARY = Vocabulary(
    sources={
        "journal": Shape("journal", "Journal", [Field("porte", "Porte", required=False)], "le journal {porte}"),
        "dossier": Shape("dossier", "Dossier", [Field("chemin", "Dossier")], "le dossier {chemin}"),
        "appel": Shape("appel", "Appel", [], "un appel"),
    },
    targets={
        "dossier": Shape("dossier", "Dossier", [Field("chemin", "Dossier")], "le dossier {chemin}"),
        "https": Shape("https", "HTTPS", [Field("adresse", "Adresse")], "{adresse}"),
    },
)

ADT = """canal = "adt-essai"
titre = "Mouvements vers le dossier régional"
objet = "Tient à jour les séjours."
format = "hl7v2"
ordre = "PID-3[1].1"
barriere = "MRG-1.1"
filtre = 'toutes(MSH-9.1 égal "ADT"; PV1-2 parmi "I", "O", "E")'
rythme_minutes = 30

[source]
type = "dossier"
chemin = "essai/entree"

[[exigences]]
si = 'PID-3[5=INS].1 présent'
motif = "ins-absent"

[[etapes]]
type = "traduire"
chemin = "PID-8"
table = "sexe@1"

[[etapes]]
type = "dater"
chemin = "PID-7"
forme = "hl7-jour"

[[routes]]
nom = "urgences"
si = 'PV1-2 égal "E"'
cibles = ["dpi", "copie"]

[[routes]]
nom = "autres"
cibles = ["dpi"]

[[cibles]]
nom = "dpi"
type = "dossier"
chemin = "essai/dpi"

[[cibles]]
nom = "copie"
type = "dossier"
chemin = "essai/copie"
"""

INS = "180017512345642^^^&1.2.250.1.213.1.4.10&ISO^INS"


def adt(control: str = "M1", *, ipp: str = "700001", sex: str = "M", trigger: str = "A01", patient_class: str = "I",
        ins: str = INS, reliability: str = "VALI", birth: str = "19800101", extra: str = "") -> bytes:  # fmt: skip
    """An admission of a fictional person, encoded in UTF-8."""
    identifiers = f"{ipp}^^^CHU&1.2.250.1.999.1&ISO^PI" + (f"~{ins}" if ins else "")
    pid = f"PID|1||{identifiers}||FICTIVE^Alix^^^^^L||{birth}|{sex}" + "|" * 24 + reliability
    segments = [
        f"MSH|^~\\&|GAM|CHU|MAISON|GRADES|20261121230600+0100||ADT^{trigger}^ADT_A01|{control}|P|2.5|||||FRA|UNICODE UTF-8",
        "EVN||20261121230600+0100",
        pid,
        f"PV1|1|{patient_class}|1234^^^CHU||||||||||||||||S{ipp}",
        *([extra] if extra else []),
    ]
    return ("\r".join(segments) + "\r").encode()
