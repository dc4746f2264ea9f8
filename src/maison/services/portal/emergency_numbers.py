"""The national numbers a person may need at once.

Sources: ARCEP numbering plan (numbers of public interest), Service-Public.fr « Quels sont les numéros d'urgence ? »,
read 2026-11-22. 116 117 answers only where the territory has opened it, which its text says.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Number:
    number: str
    who: str
    when: str
    first: bool = False

    @property
    def dialled(self) -> str:
        return self.number.replace(" ", "")


NUMBERS = (
    Number("15", "SAMU", "Une vie est en danger : malaise, douleur dans la poitrine, paralysie soudaine, accident.", first=True),
    Number("112", "Urgences, dans toute l'Europe", "Partout dans l'Union européenne, même sans crédit.", first=True),
    Number("114", "Personnes sourdes, malentendantes, aphasiques", "Par SMS, visio, tchat ou texte : un professionnel vous répond.", first=True),
    Number("18", "Pompiers", "Incendie, accident, personne à secourir."),
    Number("3114", "Prévention du suicide", "Idées suicidaires, pour soi ou pour un proche. Jour et nuit."),
    Number("119", "Enfance en danger", "Un enfant est en danger ou risque de l'être. Jour et nuit."),
    Number("3919", "Violences faites aux femmes", "Écoute et orientation, jour et nuit. Numéro qui n'apparaît pas sur les factures."),
    Number("3977", "Maltraitances", "Personnes âgées ou en situation de handicap maltraitées."),
    Number("116 117", "Médecin de garde", "Le soir, la nuit et le week-end, dans les territoires où il est en service ; ailleurs, le 15."),
)  # fmt: skip
