"""The fictional people of the sandbox's national register. Matricules are test ones (OID 1.2.250.1.213.1.4.10), keys are right.

Some are there to be difficult: two persons of the same name born the same day (answer 02 until a second given name is asked), twins,
births in Corsica and abroad, a composed given name, names with an apostrophe.
"""

from __future__ import annotations

from dataclasses import dataclass

TEST_OID = "1.2.250.1.213.1.4.10"


@dataclass(frozen=True, slots=True)
class Person:
    birth_name: str
    first_names: str
    birth_date: str
    sex: str
    birth_place: str
    order: int
    first_name: str = ""

    @property
    def nir(self) -> str:
        year, month, _ = self.birth_date.split("-")
        return f"{'1' if self.sex == 'M' else '2'}{year[2:]}{month}{self.birth_place}{self.order:03d}"

    @property
    def key(self) -> str:
        """97 minus the remainder by 97, Corsica read 19 and 18: written here too, for the sandbox knows nothing of the house."""
        return f"{97 - int(self.nir.replace('2A', '19').replace('2B', '18')) % 97:02d}"

    @property
    def matricule(self) -> str:
        return self.nir + self.key

    @property
    def first(self) -> str:
        return self.first_name or self.first_names.split()[0]


PEOPLE = (
    Person("PAT-TROIS", "DOMINIQUE MARIE", "1979-03-28", "F", "51215", 189),
    Person("ABRICOT", "CLAUDE MARCEL", "1958-07-14", "M", "31555", 901),
    Person("ABRICOT", "CLAUDE RENE", "1958-07-14", "M", "31555", 902),
    Person("TILLEUL", "JEANNE MARIE LOUISE", "1942-02-09", "F", "12202", 903),
    Person("D'AVOINE", "BERENICE", "1986-11-30", "F", "2A004", 904),
    Person("MESANGE", "LEON PAUL", "2019-04-02", "M", "34172", 905),
    Person("MESANGE", "LOUIS PAUL", "2019-04-02", "M", "34172", 906),
    Person("FIGUIER", "YOUSSEF", "1971-01-05", "M", "99350", 907),
    Person("GENETTE", "ANNE-LISE ZOE", "1994-09-21", "F", "66136", 908),
    Person("HORLOGE-COUSSIN", "JEAN PIERRE ANDRE", "1936-12-01", "M", "81004", 909, first_name="JEAN PIERRE"),
    Person("LUCIOLE", "NADIA", "1965-05-17", "F", "99352", 910),
    Person("NOISETIER", "MARTIN", "2001-08-08", "M", "30189", 911),
    Person("PERVENCHE", "SIMONE GEORGETTE", "1929-10-23", "F", "48095", 912),
    Person("VERGER", "TOUSSAINT", "1952-11-01", "M", "2B033", 913),
    Person("ZESTE", "CAMILLE ALIX", "1990-06-15", "F", "97411", 914),
    Person("ROSSIGNOL", "EMMA", "2008-03-03", "F", "82121", 915),
)
